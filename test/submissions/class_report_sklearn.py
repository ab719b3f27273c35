"""What scikit-learn says of the classes of some predictions, as JSON on standard output: the fixture of a test."""
import json

import numpy as np
import sklearn
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

rng = np.random.default_rng(17)


def case(classes, count, real, taken, right):
    labels = rng.choice(real, count)
    predicted = np.where(rng.random(count) < right, labels, rng.choice(taken, count))
    predicted = np.where(np.isin(predicted, taken), predicted, taken[0])
    p, r, f, s = precision_recall_fscore_support(labels, predicted, labels=range(classes), zero_division=0)
    present = sorted(set(labels) | set(predicted))

    def known(values, counts):
        return [float(v) if n > 0 else None for v, n in zip(values, counts)]

    taken_counts = np.bincount(predicted, minlength=classes)
    return {
        "classes": classes,
        "labels": labels.tolist(),
        "predicted": predicted.tolist(),
        "counts": confusion_matrix(labels, predicted, labels=range(classes)).tolist(),
        "precision": known(p, taken_counts),
        "recall": known(r, s),
        "f1": known(f, s + taken_counts),
        "support": s.tolist(),
        "macroF1": float(precision_recall_fscore_support(labels, predicted, labels=present, average="macro", zero_division=0)[2]),
        "weightedF1": float(precision_recall_fscore_support(labels, predicted, average="weighted", zero_division=0)[2]),
        "weightedRecall": float(precision_recall_fscore_support(labels, predicted, average="weighted", zero_division=0)[1]),
    }


cases = [
    case(10, 400, range(10), range(10), 0.8),
    # Class 1 is never predicted, class 3 never occurs, class 4 does neither.
    case(5, 60, [0, 1, 2], [0, 2, 3], 0.6),
]
print(json.dumps({"scikit-learn": sklearn.__version__, "cases": cases}))
