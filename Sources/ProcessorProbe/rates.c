#include "processor_probe.h"

#include <stdlib.h>
#include <time.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// ---------------------------------------------------------------------------------------------------------------------
// Within registers
// ---------------------------------------------------------------------------------------------------------------------

/// Turns of a loop below: a tenth of a millisecond or two.
enum { TURNS = 20000, CHAINS = 12 };

/// Where results go, so that no loop is left out.
static volatile float sink;

/// One function for each vector width. Twelve chains hide the latency of each (at most 5 cycles at two a cycle) and leave registers for
/// the two constants. x ← x · 0.5 + 0.25 stays near 0.5: no overflow, no denormal numbers.
#define REGISTER_LOOP(NAME, TARGET, VECTOR, LANES, SET, STEP, FIRST)                                                         \
  TARGET static double NAME(void) {                                                                                          \
    VECTOR x[CHAINS];                                                                                                        \
    for (int i = 0; i < CHAINS; i++) x[i] = SET(0.4f + 0.01f * (float)i);                                                    \
    VECTOR factor = SET(0.5f), term = SET(0.25f);                                                                            \
    for (int turn = 0; turn < TURNS; turn++) {                                                                               \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < CHAINS; i++) x[i] = STEP(x[i], factor, term);                   \
      /* Each chain is looked at: no turn can be left out, and none merged with the next. */                                 \
      __asm__ volatile("" : KEEP(x[0]), KEEP(x[1]), KEEP(x[2]), KEEP(x[3]), KEEP(x[4]), KEEP(x[5]));                         \
      __asm__ volatile("" : KEEP(x[6]), KEEP(x[7]), KEEP(x[8]), KEEP(x[9]), KEEP(x[10]), KEEP(x[11]));                       \
    }                                                                                                                        \
    float sum = 0;                                                                                                           \
    for (int i = 0; i < CHAINS; i++) sum += FIRST(x[i]);                                                                     \
    sink = sum;                                                                                                              \
    return 2.0 * LANES * CHAINS * TURNS;                                                                                     \
  }

#if defined(__x86_64__)
#define KEEP(X) "+x"(X)
#define SSE_STEP(X, F, T) _mm_add_ps(_mm_mul_ps(X, F), T)
#define AVX_STEP(X, F, T) _mm256_add_ps(_mm256_mul_ps(X, F), T)
REGISTER_LOOP(sse_loop, , __m128, 4, _mm_set1_ps, SSE_STEP, _mm_cvtss_f32)
REGISTER_LOOP(avx_loop, __attribute__((target("avx"))), __m256, 8, _mm256_set1_ps, AVX_STEP, _mm256_cvtss_f32)
REGISTER_LOOP(avx2_loop, __attribute__((target("avx2,fma"))), __m256, 8, _mm256_set1_ps, _mm256_fmadd_ps, _mm256_cvtss_f32)
#undef KEEP
#define KEEP(X) "+v"(X)
REGISTER_LOOP(avx512_loop, __attribute__((target("avx512f"))), __m512, 16, _mm512_set1_ps, _mm512_fmadd_ps, _mm512_cvtss_f32)

static double loop(processor_instructions instructions) {
  if (instructions >= PROCESSOR_INSTRUCTIONS_AVX512) return avx512_loop();
  if (instructions >= PROCESSOR_INSTRUCTIONS_AVX2) return avx2_loop();
  if (instructions >= PROCESSOR_INSTRUCTIONS_AVX) return avx_loop();
  return sse_loop();
}
#else
// Four lanes, as NEON has them; the compiler may fuse the multiplication and the addition.
typedef float four __attribute__((vector_size(16)));
#define KEEP(X) "+w"(X)
#define FOUR_SET(V) ((four){V, V, V, V})
#define FOUR_STEP(X, F, T) __builtin_elementwise_fma(X, F, T)
#define FOUR_FIRST(X) ((X)[0])
#if !defined(__aarch64__)
#undef KEEP
#define KEEP(X) "+m"(X)
#endif
REGISTER_LOOP(four_loop, , four, 4, FOUR_SET, FOUR_STEP, FOUR_FIRST)

static double loop(processor_instructions instructions) {
  (void)instructions;
  return four_loop();
}
#endif

double processor_probe_register_rate(processor_instructions instructions, double milliseconds) {
  double best = 0, end = now() + 1e-3 * milliseconds;
  do {
    double start = now();
    double operations = loop(instructions);
    double rate = operations / (now() - start);
    if (rate > best) best = rate;
  } while (now() < end);
  return best;
}

// ---------------------------------------------------------------------------------------------------------------------
// Of products
// ---------------------------------------------------------------------------------------------------------------------

double processor_probe_product_rate(processor_probe_sgemm sgemm, int order, double milliseconds) {
  size_t count = (size_t)order * (size_t)order;
  float *x = calloc(3 * count, sizeof *x);
  if (!x) return 0;
  for (size_t i = 0; i < 2 * count; i++) x[i] = (float)(i % 17) - 8;
  double best = 0, end = now() + 1e-3 * milliseconds;
  do {
    double start = now();
    sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, order, order, order, 1, x, order, x + count, order, 0, x + 2 * count, order);
    double rate = 2.0 * (double)count * (double)order / (now() - start);
    if (rate > best) best = rate;
  } while (now() < end);
  free(x);
  return best;
}
