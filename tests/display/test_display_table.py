"""Tables in a cell: any text in them is text, and long ones say what they leave out."""

from lrprism.display import draw_table, fold, frame
from pages import read_page


def test_a_table_has_its_cells_and_a_sentence_below() -> None:
    page = read_page(draw_table(("op", "sum"), [("conv2d", "1.5"), ("relu", "-")], "all arrived"))
    assert page.words == ["op", "sum", "conv2d", "1.5", "relu", "-", "all arrived"]
    assert (page.count("tr"), page.count("th"), page.count("td")) == (3, 2, 4)


def test_numbers_stand_to_the_right_and_words_to_the_left() -> None:
    styles = read_page(draw_table(("op", "sum", "none"), [("a", "1e-3", "-"), ("b", "nan", "-")])).attributes(
        "td", "style"
    )
    assert [style.rsplit(":", 1)[1] for style in styles] == ["left", "right", "left"] * 2


def test_what_looks_like_a_tag_is_shown_as_it_is() -> None:
    bad = "<script>alert('&')</script>"
    page = read_page(frame(bad, draw_table((bad,), [(bad,)], bad), fold(bad, "")))
    assert page.text.count(bad) == 5


def test_a_table_of_a_thousand_lines_shows_300_and_says_so() -> None:
    page = read_page(draw_table(("call",), [(str(k),) for k in range(1000)], "note"))
    assert page.count("td") == 300
    assert page.words[-1] == "700 more lines: print() shows all. note"


def test_a_table_without_lines_is_its_head() -> None:
    assert read_page(draw_table(("a", "b"), [])).words == ["a", "b"]


def test_colours_come_from_the_page() -> None:
    text = draw_table(("a",), [("1",)], "note")
    assert "color:inherit" in text
    assert "background" not in text
