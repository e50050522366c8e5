/* SpinConv for LAMMPS. SPDX-License-Identifier: MIT
 *
 * Counts the bytes that a program sends by MPI point-to-point calls, without a change to it:
 *   LD_PRELOAD=.../libspinconv_mpi_bytes.so mpiexec -n 2 lmp ...
 * writes one line a rank to stderr at the end: "mpi_bytes rank messages bytes". bench/scaling.sh
 * takes the difference of two runs of different length, which leaves the bytes of a step. */
#include <mpi.h>
#include <stdio.h>

static long long messages, bytes;

static void count(int n, MPI_Datatype type)
{
  int size = 0;
  PMPI_Type_size(type, &size);
  messages += 1;
  bytes += (long long) n * size;
}

int MPI_Send(const void *data, int n, MPI_Datatype type, int to, int tag, MPI_Comm comm)
{
  count(n, type);
  return PMPI_Send(data, n, type, to, tag, comm);
}

int MPI_Isend(const void *data, int n, MPI_Datatype type, int to, int tag, MPI_Comm comm, MPI_Request *request)
{
  count(n, type);
  return PMPI_Isend(data, n, type, to, tag, comm, request);
}

int MPI_Rsend(const void *data, int n, MPI_Datatype type, int to, int tag, MPI_Comm comm)
{
  count(n, type);
  return PMPI_Rsend(data, n, type, to, tag, comm);
}

int MPI_Sendrecv(const void *data, int n, MPI_Datatype type, int to, int tag, void *received, int most,
                 MPI_Datatype received_type, int from, int received_tag, MPI_Comm comm, MPI_Status *status)
{
  count(n, type);
  return PMPI_Sendrecv(data, n, type, to, tag, received, most, received_type, from, received_tag, comm, status);
}

int MPI_Finalize(void)
{
  int rank = 0;
  PMPI_Comm_rank(MPI_COMM_WORLD, &rank);
  fprintf(stderr, "mpi_bytes %d %lld %lld\n", rank, messages, bytes);
  return PMPI_Finalize();
}
