import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from lrprism.spectral.plots import style
from lrprism.spectral.plots.heading import Heading, break_facts, break_text


def test_texts_are_broken_between_words_and_a_long_word_stays_whole() -> None:
    room = style.text_width("one two three", 6) * 1.05
    assert break_text("one two three four", room, 6) == ["one two three", "four"]
    assert break_text("Buildings-Grass-Trees-Drives", room, 6) == ["Buildings-Grass-Trees-Drives"]


def test_facts_stay_whole_where_they_fit_a_line() -> None:
    room = style.text_width("one · two three", 6) * 1.05
    assert break_facts(["one", "two three", "four"], room) == ["one · two three", "four"]
    assert break_facts(["one", "two three four five"], room) == ["one", "two three four", "five"]


def test_a_heading_grows_with_its_lines() -> None:
    short = Heading.build(style.COLUMN, "Title", ["a fact", ""])
    doubted = Heading.build(style.COLUMN, "Title", ["a fact", ""], "network at chance level: do not read")
    assert short.facts == ("a fact",)
    assert doubted.doubt == ("Network at chance level: do not read",)
    assert doubted.height == pytest.approx(short.height + style.LINE)


@pytest.mark.parametrize("width", [style.COLUMN, style.PAGE_WIDTH])
@pytest.mark.parametrize("count", [1, 8, 30])
def test_a_heading_stays_on_the_page_as_drawn(count: int, width: float) -> None:
    with style.house_style():
        heading = Heading.build(
            width,
            "A title of many words " * 5,
            [f"each band summed over {n} nm of wavelength" for n in range(count)],
            "the network gets most of these samples wrong, and the map does not bear out what it ranks high",
        )
        figure = style.new_figure(width, heading.height)
        heading.draw(figure)
        figure.set_dpi(200)
        renderer = FigureCanvasAgg(figure).get_renderer()
        boxes = [text.get_window_extent(renderer) for text in figure.texts]
    assert max(box.x1 for box in boxes) <= figure.bbox.width
    assert min(box.y0 for box in boxes) >= 0
    tops = [box.y1 for box in boxes]
    assert tops == sorted(tops, reverse=True)
    assert len(boxes) == len(heading.title) + len(heading.doubt) + len(heading.facts)
