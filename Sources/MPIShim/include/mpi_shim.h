/// The few calls of MPI that the program makes, with plain C types.
///
/// Why this is C: MPI's handles (`MPI_COMM_WORLD`, `MPI_DOUBLE`, `MPI_SUM`, `MPI_IN_PLACE`) are macros over types that each
/// library chooses, pointers to structures in Open MPI and integers in MPICH. Swift imports neither kind of macro, and code
/// written for one would not compile for the other. Here the same source compiles for both.
///
/// Without WITH_MPI these are declarations only: such a build needs neither the headers of MPI nor its library.
///
/// Calls come from one thread at a time; those that concern all ranks are made by all in the same order. Counts are `size_t`; what
/// exceeds the `int` of MPI is sent in pieces. A call returns 0, or an error code, which `mpi_shim_words` puts in words. A rank that
/// has died ends the job by MPI's launcher, and no call returns.

#ifndef MPI_SHIM_H
#define MPI_SHIM_H

#include <stddef.h>

/// Bytes of a message, its final zero included.
enum { MPI_SHIM_MESSAGE_SIZE = 512 };

/// Whether this was compiled with Open MPI's header (1 or 0); asks nobody.
int mpi_shim_is_open_mpi(void);

/// Joins the job: once, before everything else.
///
/// Any thread may speak to MPI, one at a time (`MPI_THREAD_SERIALIZED`): while rank 0 computes, a thread of its own hands out work.
/// More is not asked for, which some libraries pay for with a lock around each call. Returns -1 where the library grants less.
int mpi_shim_start(int *rank, int *count);

/// Leaves the job; the others may go on.
int mpi_shim_finish(void);

/// How many ranks share this rank's machine, itself included.
int mpi_shim_machine(int *count);

/// Replaces values by their sums over all ranks, the same bits on each. The order of the additions is the library's and depends on
/// the number of ranks.
int mpi_shim_sum_doubles(double *values, size_t count);

/// The same in single precision.
int mpi_shim_sum_floats(float *values, size_t count);

/// Replaces the values of rank 0 by the sums over all ranks; those of the others stay.
int mpi_shim_gather_sum(float *values, size_t count);

/// Gives bytes of rank 0 to all.
int mpi_shim_broadcast(void *bytes, size_t count);

/// Tells rank 0 how many bytes each rank has: `counts` has a place for each rank there and is null elsewhere.
int mpi_shim_gather_counts(size_t own, size_t *counts);

/// Brings bytes of all ranks to rank 0, one rank behind the other; `counts` and `all` are null elsewhere.
int mpi_shim_gather(const void *own, size_t count, const size_t *counts, void *all);

/// Sends bytes to one rank; returns when they are on their way or there.
int mpi_shim_send(const void *bytes, size_t count, int to);

/// Finds what a rank has sent here: who, and how many bytes, which `mpi_shim_receive` then takes; -1 for the rank where nothing has
/// come yet.
int mpi_shim_letter(int *from, size_t *count);

/// Takes what `mpi_shim_letter` found.
int mpi_shim_receive(void *bytes, size_t count, int from);

/// Returns when all ranks have come here.
int mpi_shim_barrier(void);

/// Ends all ranks; the launcher returns `status`.
_Noreturn void mpi_shim_abort(int status);

/// What an error code means.
void mpi_shim_words(int code, char message[MPI_SHIM_MESSAGE_SIZE]);

#endif
