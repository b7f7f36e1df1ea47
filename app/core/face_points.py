"""Which landmarks of MediaPipe's mesh of a face are nearest to the 68 points of annotated photos."""

from __future__ import annotations

# A list in wide use; the jaw of the 68 points lies a little further out than any line of the mesh.
JAW = (162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389)
BROWS = (71, 63, 105, 66, 107, 336, 296, 334, 293, 301)
NOSE = (168, 197, 5, 4, 75, 97, 2, 326, 305)
EYES = (33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380)
LIPS = (61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87)
FACE_68 = (*JAW, *BROWS, *NOSE, *EYES, *LIPS)
"""The landmarks in the order of the 68 points (Sagonas et al., 2013), approximately."""
