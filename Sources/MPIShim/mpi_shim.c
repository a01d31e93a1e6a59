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

/// Bytes of one message, so that no library's own arithmetic overflows an int.
static const size_t piece = (size_t)1 << 26;

static int smaller(size_t count) { return (int)(count < piece ? count : piece); }

int mpi_shim_is_open_mpi(void) {
#ifdef OPEN_MPI
  return 1;
#else
  return 0;
#endif
}

int mpi_shim_start(int *rank, int *count) {
  int provided = MPI_THREAD_SINGLE;
  int status = MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided);
  if (status != MPI_SUCCESS) return status;
  if (provided < MPI_THREAD_SERIALIZED) return -1;
  // The default handler would end the program before anyone could say which call failed.
  status = MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  if (status == MPI_SUCCESS) status = MPI_Comm_rank(MPI_COMM_WORLD, rank);
  if (status == MPI_SUCCESS) status = MPI_Comm_size(MPI_COMM_WORLD, count);
  return status;
}

int mpi_shim_finish(void) { return MPI_Finalize(); }

int mpi_shim_machine(int *count) {
  MPI_Comm machine;
  int status = MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
  if (status != MPI_SUCCESS) return status;
  status = MPI_Comm_size(machine, count);
  int freed = MPI_Comm_free(&machine);
  return status != MPI_SUCCESS ? status : freed;
}

/// Adds a piece: each rank receives the sums of its part, then gives them to all.
///
/// A ring of MPI_Allreduce sends the same bytes. In this order every sum is computed on one rank alone, so that all hold the same
/// bits, which MPI asks of MPI_Allreduce but does not promise.
static int sum_piece(char *values, int count, size_t width, MPI_Datatype type, int rank, int ranks, int *counts,
                     int *places, char *own) {
  for (int i = 0, place = 0; i < ranks; i++) {
    counts[i] = count / ranks + (i < count % ranks);
    places[i] = place;
    place += counts[i];
  }
  int status = MPI_Reduce_scatter(values, own, counts, type, MPI_SUM, MPI_COMM_WORLD);
  if (status != MPI_SUCCESS) return status;
  memcpy(values + (size_t)places[rank] * width, own, (size_t)counts[rank] * width);
  return MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, values, counts, places, type, MPI_COMM_WORLD);
}

/// Elements of one piece of a sum on rank 0: bounds what the library sets aside.
static const size_t addends = (size_t)1 << 24;

/// Elements of each rank's part of a piece of a sum that all receive: 256 kB, which stay in a core's cache between the addition and
/// what is sent on (measured between two ranks: 7 ms for six million floats, 16 ms in one piece), and take a network longer than
/// the latency of their message.
static const size_t part = (size_t)1 << 16;

static int sum(void *values, size_t count, size_t width, MPI_Datatype type) {
  int rank = 0, ranks = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  size_t whole = part * (size_t)ranks;
  size_t most = (count < whole ? count : whole) / (size_t)ranks + 1;
  int *counts = malloc(2 * (size_t)ranks * sizeof *counts);
  char *own = malloc(most * width);
  int status = counts == NULL || own == NULL ? MPI_ERR_NO_MEM : MPI_SUCCESS;
  for (size_t done = 0; done < count && status == MPI_SUCCESS; done += whole) {
    int length = (int)(count - done < whole ? count - done : whole);
    status = sum_piece((char *)values + done * width, length, width, type, rank, ranks, counts, counts + ranks, own);
  }
  free(counts);
  free(own);
  return status;
}

int mpi_shim_sum_doubles(double *values, size_t count) { return sum(values, count, sizeof *values, MPI_DOUBLE); }

int mpi_shim_sum_floats(float *values, size_t count) { return sum(values, count, sizeof *values, MPI_FLOAT); }

int mpi_shim_gather_sum(float *values, size_t count) {
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  for (size_t done = 0; done < count; done += addends) {
    int length = (int)(count - done < addends ? count - done : addends);
    // Rank 0's values are both; the others pass nothing to receive into, as no two arguments may be the same buffer.
    const void *own = rank == 0 ? MPI_IN_PLACE : values + done;
    int status = MPI_Reduce(own, rank == 0 ? values + done : NULL, length, MPI_FLOAT, MPI_SUM, 0, MPI_COMM_WORLD);
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

/// What `mpi_shim_send` sends; gathered bytes bear 0.
enum { LETTER = 1 };

int mpi_shim_send(const void *bytes, size_t count, int to) {
  uint64_t length = count;
  int status = MPI_Send(&length, 1, MPI_UINT64_T, to, LETTER, MPI_COMM_WORLD);
  for (size_t done = 0; done < count && status == MPI_SUCCESS; done += piece)
    status = MPI_Send((const char *)bytes + done, smaller(count - done), MPI_BYTE, to, LETTER, MPI_COMM_WORLD);
  return status;
}

int mpi_shim_letter(int *from, size_t *count) {
  MPI_Status found;
  int any = 0;
  int status = MPI_Iprobe(MPI_ANY_SOURCE, LETTER, MPI_COMM_WORLD, &any, &found);
  *from = -1;
  if (status != MPI_SUCCESS || !any) return status;
  uint64_t length = 0;
  status = MPI_Recv(&length, 1, MPI_UINT64_T, found.MPI_SOURCE, LETTER, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  *from = found.MPI_SOURCE;
  *count = (size_t)length;
  return status;
}

int mpi_shim_receive(void *bytes, size_t count, int from) {
  for (size_t done = 0; done < count; done += piece) {
    int status = MPI_Recv((char *)bytes + done, smaller(count - done), MPI_BYTE, from, LETTER, MPI_COMM_WORLD,
                          MPI_STATUS_IGNORE);
    if (status != MPI_SUCCESS) return status;
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
    snprintf(message, MPI_SHIM_MESSAGE_SIZE, "this library was built without threads (MPI_THREAD_SERIALIZED)");
    return;
  }
  char words[MPI_MAX_ERROR_STRING + 1] = "";
  int length = 0;
  if (MPI_Error_string(code, words, &length) != MPI_SUCCESS) length = 0;
  snprintf(message, MPI_SHIM_MESSAGE_SIZE, "%.*s", length, words);
}

#endif
