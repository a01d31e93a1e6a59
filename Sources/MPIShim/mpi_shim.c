#include "mpi_shim.h"

#ifdef WITH_MPI

#if !__has_include(<mpi.h>)
#error "mpi.h was not found: build with make mpi, which asks mpicc where it is (Debian: libopenmpi-dev or libmpich-dev)"
#endif

#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Elements of one call: 512 MiB of doubles, so that no library's own arithmetic on bytes overflows an int.
static const size_t piece = (size_t)1 << 26;

static int smaller(size_t count) { return (int)(count < piece ? count : piece); }

int mpi_shim_start(int *rank, int *count) {
  int provided = MPI_THREAD_SINGLE;
  int status = MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
  if (status != MPI_SUCCESS) return status;
  if (provided < MPI_THREAD_FUNNELED) return -1;
  // The default handler would end the program before anyone could say which call failed.
  status = MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  if (status == MPI_SUCCESS) status = MPI_Comm_rank(MPI_COMM_WORLD, rank);
  if (status == MPI_SUCCESS) status = MPI_Comm_size(MPI_COMM_WORLD, count);
  return status;
}

int mpi_shim_finish(void) { return MPI_Finalize(); }

int mpi_shim_sum_doubles(double *values, size_t count) {
  for (size_t done = 0; done < count; done += piece) {
    int status =
        MPI_Allreduce(MPI_IN_PLACE, values + done, smaller(count - done), MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    if (status != MPI_SUCCESS) return status;
  }
  return MPI_SUCCESS;
}

int mpi_shim_sum_floats(float *values, size_t count) {
  for (size_t done = 0; done < count; done += piece) {
    int status = MPI_Allreduce(MPI_IN_PLACE, values + done, smaller(count - done), MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
    if (status != MPI_SUCCESS) return status;
  }
  return MPI_SUCCESS;
}

int mpi_shim_broadcast(void *bytes, size_t count) {
  for (size_t done = 0; done < count; done += piece) {
    int status = MPI_Bcast((char *)bytes + done, smaller(count - done), MPI_BYTE, 0, MPI_COMM_WORLD);
    if (status != MPI_SUCCESS) return status;
  }
  return MPI_SUCCESS;
}

int mpi_shim_gather_counts(size_t own, size_t *counts) {
  uint64_t value = own;
  uint64_t *values = NULL;
  int rank = 0, ranks = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  if (rank == 0) {
    values = calloc((size_t)ranks, sizeof *values);
    if (values == NULL) return MPI_ERR_NO_MEM;
  }
  int status = MPI_Gather(&value, 1, MPI_UINT64_T, values, 1, MPI_UINT64_T, 0, MPI_COMM_WORLD);
  if (rank == 0 && status == MPI_SUCCESS)
    for (int i = 0; i < ranks; i++) counts[i] = (size_t)values[i];
  free(values);
  return status;
}

// Messages in rank order rather than MPI_Gatherv, whose displacements are an int: no length is too long for this.
int mpi_shim_gather(const void *own, size_t count, const size_t *counts, void *all) {
  int rank = 0, ranks = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  if (rank != 0) {
    for (size_t done = 0; done < count; done += piece) {
      int status = MPI_Send((const char *)own + done, smaller(count - done), MPI_BYTE, 0, 0, MPI_COMM_WORLD);
      if (status != MPI_SUCCESS) return status;
    }
    return MPI_SUCCESS;
  }
  char *place = all;
  if (count > 0) memcpy(place, own, count);
  place += count;
  for (int sender = 1; sender < ranks; sender++) {
    for (size_t done = 0; done < counts[sender]; done += piece) {
      int status = MPI_Recv(place + done, smaller(counts[sender] - done), MPI_BYTE, sender, 0, MPI_COMM_WORLD,
                            MPI_STATUS_IGNORE);
      if (status != MPI_SUCCESS) return status;
    }
    place += counts[sender];
  }
  return MPI_SUCCESS;
}

int mpi_shim_barrier(void) { return MPI_Barrier(MPI_COMM_WORLD); }

void mpi_shim_abort(int status) {
  MPI_Abort(MPI_COMM_WORLD, status);
  // MPI_Abort promises no end of its own.
  _Exit(status);
}

void mpi_shim_words(int code, char message[MPI_SHIM_MESSAGE_SIZE]) {
  if (code == -1) {
    snprintf(message, MPI_SHIM_MESSAGE_SIZE, "this library was built without threads (MPI_THREAD_FUNNELED)");
    return;
  }
  char words[MPI_MAX_ERROR_STRING + 1] = "";
  int length = 0;
  if (MPI_Error_string(code, words, &length) != MPI_SUCCESS) length = 0;
  snprintf(message, MPI_SHIM_MESSAGE_SIZE, "%.*s", length, words);
}

#endif
