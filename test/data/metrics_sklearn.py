"""What scikit-learn says of predictions: cases as JSON on standard input, values as JSON on standard output."""
import json
import sys
import warnings

import numpy as np
import sklearn
from sklearn import metrics as m

warnings.simplefilter("ignore")


def values(case):
    classes = list(range(case["classes"]))
    y = np.array(case["labels"])
    p = np.array(case["probabilities"]).reshape(len(y), len(classes))
    w = np.array(case["counts"]) if case["counts"] else None
    top = p.argmax(axis=1)
    seen = y if w is None else y[w > 0]

    def area():
        positive = [1] if len(classes) == 2 else [k for k in classes if 0 < (seen == k).sum() < len(seen)]
        return float(np.mean([m.roc_auc_score(y == k, p[:, k], sample_weight=w) for k in positive]))

    result = {
        "accuracy": m.accuracy_score(y, top, sample_weight=w),
        "log-loss": m.log_loss(y, p.astype(np.float64), labels=classes, sample_weight=w, eps=1e-15),
        "macro-f1": m.f1_score(y, top, average="macro", sample_weight=w, labels=sorted(set(seen) | set(top if w is None else top[w > 0]))),
        "weighted-f1": m.f1_score(y, top, average="weighted", sample_weight=w),
        "balanced-accuracy": m.balanced_accuracy_score(y, top, sample_weight=w),
        "roc-auc": area(),
        "quadratic-kappa": m.cohen_kappa_score(y, top, weights="quadratic", sample_weight=w, labels=classes),
        "matthews": m.matthews_corrcoef(y, top, sample_weight=w),
    }
    if len(classes) > 3:
        # scikit-learn takes the last of equal classes first, and argmax the first.
        untied = p.astype(np.float64) - 1e-9 * np.arange(len(classes))
        result["top-3-accuracy"] = m.top_k_accuracy_score(y, untied, k=3, labels=classes, sample_weight=w)
    return {k: float(v) for k, v in result.items()}


print(json.dumps({"version": sklearn.__version__, "values": [values(case) for case in json.load(sys.stdin)]}))
