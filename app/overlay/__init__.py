"""What is drawn over a picture, as plain shapes, and one painter of them: OpenCV. The window has its own."""

from app.overlay.drawing import shapes
from app.overlay.inks import SIDE_INKS, heat_colors
from app.overlay.look import COLORINGS, STYLES, Coloring, Look, Style
from app.overlay.painter import paint, painted
from app.overlay.pointing import person_at
from app.overlay.shape import Dot, Ink, Line, Shape, Spindle, Text, outline
from app.overlay.trails import Past

__all__ = [
    "COLORINGS",
    "SIDE_INKS",
    "STYLES",
    "Coloring",
    "Dot",
    "Ink",
    "Line",
    "Look",
    "Past",
    "Shape",
    "Spindle",
    "Style",
    "Text",
    "heat_colors",
    "outline",
    "paint",
    "painted",
    "person_at",
    "shapes",
]
