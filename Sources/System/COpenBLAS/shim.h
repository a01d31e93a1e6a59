#include <cblas.h>
#include <stddef.h>

// OpenBLAS is not linked: Tensors opens it when a kernel has been chosen, and calls it by pointers of these types.
typedef __typeof__(&cblas_sgemm) openblas_sgemm;
typedef __typeof__(&cblas_dgemm) openblas_dgemm;
typedef __typeof__(&cblas_dsyrk) openblas_dsyrk;
typedef __typeof__(&openblas_set_num_threads) openblas_set_num_threads_function;
typedef __typeof__(&openblas_get_parallel) openblas_get_parallel_function;
typedef __typeof__(&openblas_get_corename) openblas_get_corename_function;
typedef __typeof__(&openblas_get_config) openblas_get_config_function;

// LAPACK's own interface, Fortran: everything by reference, the lengths of strings at the end. OpenBLAS holds these routines, so
// that they multiply with its own kernel; LAPACKE would fetch them through two more libraries.
typedef void (*lapack_dsyevd)(const char *jobz, const char *uplo, const blasint *n, double *a, const blasint *lda, double *w,
                              double *work, const blasint *lwork, blasint *iwork, const blasint *liwork, blasint *info,
                              size_t jobz_length, size_t uplo_length);
typedef void (*lapack_dstev)(const char *jobz, const blasint *n, double *d, double *e, double *z, const blasint *ldz, double *work,
                             blasint *info, size_t jobz_length);
// Of an OpenBLAS that was built on OpenMP.
typedef void (*openmp_set_num_threads)(int count);
