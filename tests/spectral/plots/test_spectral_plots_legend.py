from matplotlib.backends.backend_agg import FigureCanvasAgg

from lrprism.spectral.plots import style
from lrprism.spectral.plots.legend import draw_legend, measure_legend


def test_an_entry_of_several_panels_stands_once_and_the_legend_keeps_its_height() -> None:
    with style.house_style():
        figure = style.new_figure(style.COLUMN, 60)
        panels = [style.add_axes(figure, 10, top, 60, 10) for top in (5, 20)]
        for axes in panels:
            for name in "abcde":
                axes.plot([0, 1], label=name)
        draw_legend(figure, panels, 2)
        renderer = FigureCanvasAgg(figure).get_renderer()
        (legend,) = figure.legends
        height = legend.get_window_extent(renderer).y1 / figure.dpi * style.MM_PER_INCH
    assert [text.get_text() for text in legend.get_texts()] == list("abcde")
    assert height <= measure_legend(5, 2)  # three lines of two
