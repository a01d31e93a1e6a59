/// What an exchange of n numbers between the ranks of a job takes, through the very calls that mff-inspect makes.
///
///     mpicc -O2 -DWITH_MPI -I Sources/MPIShim/include Benchmarks/mpi_exchange.c Sources/MPIShim/mpi_shim.c -o exchange
///     mpirun -n 2 exchange 1 1000 1000000
///
/// Prints a line of JSON for each n, with the median seconds of
///   product: what a Hessian-vector product of shared images exchanges: a word to all ranks, v to all ranks, H·v summed on rank 0;
///   sum: what a training step exchanges: a sum that all ranks receive.
#include "mpi_shim.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/// A rank that cannot exchange has nothing to measure.
static void check(int code) {
  if (code == 0) return;
  char words[MPI_SHIM_MESSAGE_SIZE];
  mpi_shim_words(code, words);
  fprintf(stderr, "%s\n", words);
  mpi_shim_abort(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void product(float *values, size_t count) {
  // As `RankGroup.broadcast` sends bytes: how many, then what.
  char word[8] = {1};
  check(mpi_shim_broadcast(word, sizeof word));
  check(mpi_shim_broadcast(word, 1));
  check(mpi_shim_broadcast(values, count * sizeof *values));
  check(mpi_shim_gather_sum(values, count));
}

static void sum(float *values, size_t count) { check(mpi_shim_sum_floats(values, count)); }

static int ascending(const void *a, const void *b) {
  double difference = *(const double *)a - *(const double *)b;
  return (difference > 0) - (difference < 0);
}

enum { MOST = 2001 };

/// The median of as many exchanges as half a second holds, three at least; rank 0 says how many.
static double seconds(void exchange(float *, size_t), float *values, size_t count) {
  static double times[MOST];
  exchange(values, count);
  int taken = 0;
  double begin = now();
  for (char goes_on = 1; goes_on;) {
    check(mpi_shim_barrier());
    double start = now();
    exchange(values, count);
    times[taken++] = now() - start;
    goes_on = taken < 3 || (taken < MOST && now() - begin < 0.5);
    check(mpi_shim_broadcast(&goes_on, 1));
  }
  qsort(times, (size_t)taken, sizeof *times, ascending);
  return times[taken / 2];
}

int main(int count, char **arguments) {
  int rank = 0, ranks = 1;
  check(mpi_shim_start(&rank, &ranks));
  for (int i = 1; i < count; i++) {
    size_t length = strtoull(arguments[i], NULL, 10);
    float *values = calloc(length ? length : 1, sizeof *values);
    if (values == NULL) mpi_shim_abort(1);
    double one = seconds(product, values, length);
    double other = seconds(sum, values, length);
    if (rank == 0)
      printf("{\"ranks\": %d, \"numbers\": %zu, \"product\": %.9f, \"sum\": %.9f}\n", ranks, length, one, other);
    free(values);
  }
  check(mpi_shim_finish());
  return 0;
}
