/* kernels/vectors.ts, in place, computed in double precision and rounded when stored. */
#include <math.h>
#include "native.h"
#include "vectors.h"

#define VECTORS(name) static void name(void *const *v, long size, const double *s)
#define EACH for (long i = 0; i < size; i++)
#define FLOAT_VECTOR(name, at) float *restrict name = v[at]
#define DOUBLE_VECTOR(name, at) double *restrict name = v[at]

VECTORS(sgd) {
  FLOAT_VECTOR(w, 0);
  FLOAT_VECTOR(g, 1);
  const double rate = s[0];
  EACH w[i] = (float)((double)w[i] - rate * (double)g[i]);
}

VECTORS(momentum) {
  FLOAT_VECTOR(w, 0);
  FLOAT_VECTOR(g, 1);
  FLOAT_VECTOR(h, 2);
  const double alpha = s[0], rate = s[1];
  EACH {
    h[i] = (float)(alpha * (double)h[i] + (double)g[i]);
    w[i] = (float)((double)w[i] - rate * (double)h[i]);
  }
}

VECTORS(heavyBall) {
  FLOAT_VECTOR(w, 0);
  FLOAT_VECTOR(g, 1);
  FLOAT_VECTOR(h, 2);
  const double alpha = s[0], rate = s[1];
  EACH {
    h[i] = (float)(alpha * (double)h[i] + rate * (double)g[i]);
    w[i] = (float)((double)w[i] - (double)h[i]);
  }
}

VECTORS(nesterov) {
  FLOAT_VECTOR(w, 0);
  FLOAT_VECTOR(g, 1);
  FLOAT_VECTOR(h, 2);
  const double alpha = s[0], rate = s[1];
  EACH {
    h[i] = (float)(alpha * (double)h[i] + (double)g[i]);
    w[i] = (float)((double)w[i] - rate * ((double)g[i] + alpha * (double)h[i]));
  }
}

VECTORS(adagrad) {
  FLOAT_VECTOR(w, 0);
  FLOAT_VECTOR(g, 1);
  FLOAT_VECTOR(G, 2);
  const double rate = s[0], epsilon = s[1];
  EACH {
    const double slope = g[i];
    G[i] = (float)((double)G[i] + slope * slope);
    w[i] = (float)((double)w[i] - (rate * slope) / sqrt((double)G[i] + epsilon));
  }
}

VECTORS(rmsprop) {
  FLOAT_VECTOR(w, 0);
  FLOAT_VECTOR(g, 1);
  FLOAT_VECTOR(G, 2);
  const double alpha = s[0], rate = s[1], epsilon = s[2], share = 1 - alpha;
  EACH {
    const double slope = g[i];
    G[i] = (float)(alpha * (double)G[i] + (share * slope) * slope);
    w[i] = (float)((double)w[i] - (rate * slope) / sqrt((double)G[i] + epsilon));
  }
}

VECTORS(adam) {
  FLOAT_VECTOR(w, 0);
  FLOAT_VECTOR(g, 1);
  FLOAT_VECTOR(h, 2);
  FLOAT_VECTOR(G, 3);
  const double beta1 = s[0], beta2 = s[1], rate = s[2], squareScale = s[3], epsilon = s[4];
  const double share1 = 1 - beta1, share2 = 1 - beta2;
  EACH {
    const double slope = g[i];
    h[i] = (float)(beta1 * (double)h[i] + share1 * slope);
    G[i] = (float)(beta2 * (double)G[i] + (share2 * slope) * slope);
    w[i] = (float)((double)w[i] - (rate * (double)h[i]) / (sqrt(squareScale * (double)G[i]) + epsilon));
  }
}

VECTORS(decay) {
  FLOAT_VECTOR(w, 0);
  const double lambda = s[0];
  EACH w[i] = (float)((double)w[i] - lambda * (double)w[i]);
}

VECTORS(addScaled) {
  FLOAT_VECTOR(g, 0);
  FLOAT_VECTOR(w, 1);
  const double lambda = s[0];
  EACH g[i] = (float)((double)g[i] + lambda * (double)w[i]);
}

VECTORS(runningMean) {
  DOUBLE_VECTOR(a, 0);
  FLOAT_VECTOR(w, 1);
  const double before = s[0], after = s[0] + 1;
  EACH a[i] = (a[i] * before + (double)w[i]) / after;
}

VECTORS(movingAverage) {
  DOUBLE_VECTOR(a, 0);
  FLOAT_VECTOR(w, 1);
  const double old = s[0], share = 1 - s[0];
  EACH a[i] = old * a[i] + share * (double)w[i];
}

const struct vectorKernel vectorKernels[] = {
  {"sgd", sgd, "ff", 1}, {"momentum", momentum, "fff", 2}, {"heavyBall", heavyBall, "fff", 2},
  {"nesterov", nesterov, "fff", 2}, {"adagrad", adagrad, "fff", 2}, {"rmsprop", rmsprop, "fff", 3},
  {"adam", adam, "ffff", 5}, {"decay", decay, "f", 1}, {"addScaled", addScaled, "ff", 1},
  {"runningMean", runningMean, "df", 1}, {"movingAverage", movingAverage, "df", 1}, {0, 0, 0, 0},
};
