// Stands in for an OpenBLAS on a processor whose model number it does not know, or with kernels that fail there: compiled as
// libopenblas.so.0 into a folder of its own, found first by LD_LIBRARY_PATH, it passes every call on to the installed one.
//
//   cc -shared -fPIC -O1 -Wl,-soname,libopenblas.so.0 unknown_model.c -o FOLDER/libopenblas.so.0 -ldl
//
// Variables of the environment, all optional:
//   MODEL_KERNEL    the kernel that it chooses itself (Prescott, as OpenBLAS 0.3.21 does for Emerald Rapids)
//   WRONG_KERNEL    a kernel whose products are wrong in one entry; "all" for each
//   CRASHING_KERNEL a kernel whose products end in SIGILL
//   SINGLE_KERNEL   a build that has one kernel only, whatever OPENBLAS_CORETYPE says
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#ifndef INSTALLED
#define INSTALLED "/usr/lib/x86_64-linux-gnu/libopenblas.so.0"
#endif

static void *installed;
static int is_wrong, is_crashing;

/// A function of the installed library, called with whatever arguments arrive.
#define PASS_ON(NAME)                                                            \
  __attribute__((visibility("hidden"))) void *NAME##_installed;                  \
  __asm__(".text\n.globl " #NAME "\n.type " #NAME ", @function\n" #NAME ":\n"    \
          "jmp *" #NAME "_installed(%rip)\n");

PASS_ON(cblas_dgemm)
PASS_ON(cblas_dsyrk)
PASS_ON(dsyevd_)
PASS_ON(dstev_)
PASS_ON(openblas_set_num_threads)
PASS_ON(openblas_get_parallel)
PASS_ON(openblas_get_corename)
PASS_ON(openblas_get_config)

typedef void sgemm(int order, int transposes_a, int transposes_b, int m, int n, int k, float alpha, const float *a, int lda,
                   const float *b, int ldb, float beta, float *c, int ldc);
static sgemm *sgemm_installed;

void cblas_sgemm(int order, int transposes_a, int transposes_b, int m, int n, int k, float alpha, const float *a, int lda,
                 const float *b, int ldb, float beta, float *c, int ldc) {
  if (is_crashing) __builtin_trap();
  sgemm_installed(order, transposes_a, transposes_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
  if (is_wrong && m > 1) c[ldc] += 1;
}

static void *find(const char *name) {
  void *found = dlsym(installed, name);
  if (!found) {
    fprintf(stderr, "unknown_model: %s lacks %s\n", INSTALLED, name);
    abort();
  }
  return found;
}

/// Whether the variable names the kernel, or all.
static int names(const char *variable, const char *kernel) {
  const char *value = getenv(variable);
  return value && (strcasecmp(value, kernel) == 0 || strcmp(value, "all") == 0);
}

__attribute__((constructor)) static void begin(void) {
  const char *named = getenv("OPENBLAS_CORETYPE"), *own = getenv("MODEL_KERNEL"), *single = getenv("SINGLE_KERNEL");
  char choice[64];
  snprintf(choice, sizeof choice, "OPENBLAS_CORETYPE=%s", single ? single : named ? named : own ? own : "Prescott");
  // The installed library reads this environment while it is loaded, and nobody else does.
  char *only[] = {choice, "OPENBLAS_NUM_THREADS=1", NULL};
  char **all = environ;
  environ = only;
  installed = dlopen(INSTALLED, RTLD_NOW | RTLD_LOCAL);
  environ = all;
  if (!installed) {
    fprintf(stderr, "unknown_model: %s\n", dlerror());
    abort();
  }
  sgemm_installed = (sgemm *)find("cblas_sgemm");
  cblas_dgemm_installed = find("cblas_dgemm");
  cblas_dsyrk_installed = find("cblas_dsyrk");
  dsyevd__installed = find("dsyevd_");
  dstev__installed = find("dstev_");
  openblas_set_num_threads_installed = find("openblas_set_num_threads");
  openblas_get_parallel_installed = find("openblas_get_parallel");
  openblas_get_corename_installed = find("openblas_get_corename");
  openblas_get_config_installed = find("openblas_get_config");
  const char *kernel = ((char *(*)(void))openblas_get_corename_installed)();
  is_wrong = names("WRONG_KERNEL", kernel);
  is_crashing = names("CRASHING_KERNEL", kernel);
}

__attribute__((destructor)) static void end(void) { dlclose(installed); }
