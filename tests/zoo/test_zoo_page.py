"""The page counts each network once, by the worst of its composites."""

from dataclasses import replace

from zoo import page
from zoo.results import Result

CLEAN = Result("timm/a", "A", "Epsilon", "clean", "", 1e-7, "float32", 0.5, "2026-11-25", "torch 2, timm 1")
OTHER = replace(CLEAN, key="transformers/d", versions="torch 2, transformers 5")
ALL = [
    CLEAN,
    replace(CLEAN, key="timm/b", date="2026-11-26", precision="float64"),
    replace(CLEAN, key="timm/c", outcome="unbuilt", reason="no package"),
    OTHER,
    replace(OTHER, composite="AttnLRP", outcome="refused", reason="a | b\nc"),
    replace(OTHER, key="transformers/e", outcome="wrong", reason="open"),
]


def test_the_page_counts_networks() -> None:
    text = page.write(ALL)
    assert "4 networks of 2 libraries" in text
    assert "| timm | 2 | 2 | 0 | 0 | torch 2, timm 1 | 2026-11-25 to 2026-11-26 |" in text
    assert "| transformers | 2 | 0 | 1 | 1 | torch 2, transformers 5 | 2026-11-25 |" in text
    assert "| **all** | 4 | 2 | 1 | 1 |" in text
    assert "asked again in float64 (1 maps)" in " ".join(text.split())


def test_the_page_names_what_is_not_clean_and_what_was_left_out() -> None:
    text = page.write(ALL)
    assert "| transformers/d | AttnLRP | refused | a \\| b c |" in text
    assert "| transformers/e | Epsilon | wrong | open |" in text
    clean, left_out = text.split("## Left out")
    assert "**timm** (2): a; b." in clean
    assert "**timm** (1): c." in left_out
