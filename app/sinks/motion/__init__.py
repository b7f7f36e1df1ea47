"""Motions in three dimensions as files of animators and laboratories: C3D, BVH and glTF."""
