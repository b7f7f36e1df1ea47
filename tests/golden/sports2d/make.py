"""Angles of real people by Sports2D's own functions.

    pip install sports2d==0.8.34 pose2sim==0.10.49
    python main.py --source demo --headless --limit 60 --output halpe26.jsonl
    python main.py --source demo --headless --limit 60 --pose tinypose_256x192 --output coco17.jsonl
    python tests/golden/sports2d/make.py halpe26.jsonl coco17.jsonl

Each .npz holds ``keypoints`` (T, K, 3), ``names`` (A,) and ``degrees`` (T, A), NaN where a keypoint has a score
under 0.3. Everybody stands there twice, the second time mirrored. wholebody133.npz has the people of coco17 with
made-up feet and forefingers, for no network at hand sees hands.
"""
import json
import sys
from pathlib import Path

import numpy as np
from anytree import PreOrderIter
from Pose2Sim.common import add_shoulder_neck_hip_coords, angle_dict
from Pose2Sim.skeletons import COCO_17, COCO_133, HALPE_26
from Sports2D.process import compute_angles_for_person

HERE = Path(__file__).resolve().parent
SKELETONS = HERE.parents[2] / "assets" / "skeletons"
THRESHOLD = 0.3
WIDTH = 1768
NAMES = [name for name in angle_dict if "hand" not in name]
FINGERS_AND_FEET = {
    "forefinger1": ("wrist", 25), "big_toe": ("ankle", 40), "heel": ("ankle", 20),
}


def people(path):
    """(T, K, 3) of all frames and people of a recording."""
    lines = [json.loads(line) for line in Path(path).read_text().splitlines()[1:]]
    return np.array([person["keypoints"] for line in lines for person in line["people"]], np.float32)


def mirrored(keypoints, skeleton):
    order = list(range(len(skeleton["names"])))
    for a, b in skeleton["flip_pairs"]:
        order[a], order[b] = b, a
    out = keypoints[:, order].copy()
    out[..., 0] = WIDTH - out[..., 0]
    return out


def with_hands(body, names):
    """People of 17 keypoints with forefingers and feet somewhere near wrists and ankles."""
    rng = np.random.RandomState(5)
    out = np.zeros((len(body), len(names), 3), np.float32)
    out[:, :17] = body
    for side in ("left", "right"):
        for part, (at, reach) in FINGERS_AND_FEET.items():
            place = names.index(f"{side}_{part}")
            out[:, place] = out[:, names.index(f"{side}_{at}")]
            out[:, place, :2] += rng.uniform(-reach, reach, (len(body), 2))
    return out


def sports2d(keypoints, tree):
    """(T, A) degrees, as Sports2D's process_fun prepares and computes them for one person in one frame."""
    nodes = [node for node in PreOrderIter(tree) if node.id is not None]
    ids, names = [node.id for node in nodes], [node.name for node in nodes]
    feet = [ids[names.index(n)] for n in ("LBigToe", "LHeel", "RBigToe", "RHeel")] if "RHeel" in names else None
    rows = []
    for person in keypoints.astype(np.float64):
        seen = person[:, 2] >= THRESHOLD
        X, Y, S = (np.where(seen, person[:, part], np.nan) for part in range(3))
        all_names, all_ids = names.copy(), ids.copy()
        for name in ("RShoulder", "LShoulder", "Hip", "Neck"):
            if name not in all_names:
                X, Y, S = add_shoulder_neck_hip_coords(name, X, Y, S, all_ids, all_names)
                all_names.append(name)
                all_ids.append(len(X) - 1)
        rows.append(compute_angles_for_person(
            X, Y, "auto", feet is not None, all_ids, all_names, NAMES, angle_dict, L_R_direction_idx=feet)[1])
    return np.array(rows, np.float64)


def main(halpe, coco):
    read = {name: json.loads((SKELETONS / f"{name}.json").read_text())
            for name in ("halpe26", "coco17", "wholebody133")}
    body = people(coco)[::2]
    cases = {"halpe26": (people(halpe)[::2], HALPE_26), "coco17": (body, COCO_17),
             "wholebody133": (with_hands(body[::4], read["wholebody133"]["names"]), COCO_133)}
    for name, (keypoints, tree) in cases.items():
        keypoints = np.concatenate([keypoints, mirrored(keypoints, read[name])])
        degrees = sports2d(keypoints, tree)
        np.savez_compressed(HERE / f"{name}.npz", keypoints=keypoints, names=np.array(NAMES), degrees=degrees)
        print(name, keypoints.shape, np.isfinite(degrees).sum(axis=0))


main(*sys.argv[1:])
