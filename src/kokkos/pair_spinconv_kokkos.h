// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#ifdef PAIR_CLASS
// clang-format off
PairStyle(spinconv/kk,PairSpinConvKokkos<LMPDeviceType>);
PairStyle(spinconv/kk/device,PairSpinConvKokkos<LMPDeviceType>);
PairStyle(spinconv/kk/host,PairSpinConvKokkos<LMPHostType>);
// clang-format on
#else

// clang-format off
#ifndef LMP_PAIR_SPINCONV_KOKKOS_H
#define LMP_PAIR_SPINCONV_KOKKOS_H
// clang-format on

#include "kokkos_base.h"
#include "kokkos_type.h"
#include "pair_spinconv.h"
#include "spinconv_lammps_kokkos.h"

#include <string>

namespace LAMMPS_NS {

template <class DeviceType> class SpinConvGraphKokkos;

/* pair_style spinconv on the device of Kokkos: the same potentials and options. Edges are made on
   the device, the evaluator reads and writes arrays there, and does so on the stream of Kokkos, so
   that what the one starts the other finds done. It runs on the device that Kokkos was given
   (-k on g N), which is that of the rank on its node.

   Read back in a step, in one copy each: the numbers of edges before the evaluation, where edges
   are not those of the step before (SpinConvGraphKokkos), and flags, energies and virials after it,
   where one of them is of interest. */

template <class DeviceType> class PairSpinConvKokkos : public PairSpinConv, public KokkosBase {
 public:
  typedef DeviceType device_type;
  typedef ArrayTypes<DeviceType> AT;
  typedef SpinConvGraphKokkos<DeviceType> Graph;

  PairSpinConvKokkos(class LAMMPS *);
  ~PairSpinConvKokkos() override;

  void compute(int, int) override;
  void init_style() override;
  double memory_usage() override;

  int pack_forward_comm_kokkos(int, DAT::tdual_int_1d, SpinConvBufferKokkos &, int, int *) override;
  void unpack_forward_comm_kokkos(int, int, SpinConvBufferKokkos &) override;
  int pack_reverse_comm_kokkos(int, int, SpinConvBufferKokkos &) override;
  void unpack_reverse_comm_kokkos(int, DAT::tdual_int_1d, SpinConvBufferKokkos &) override;

  // public for nvcc, which takes no lambda in another member function
  void add_energies(const double *, double);
  void add_atoms_kk(int, const double *);
  void add_edges_kk(int, bool, const double *);
  void add_sums(int, const double *);
  void add_rows_kk(bool, bool, double);

 protected:
  class RowExchangeKokkos;

  spinconv::EvaluatorOptions evaluator_options() const override;

 private:
  // arrays of atoms on the device, whose host side LAMMPS reads
  SpinConvEnergiesKokkos k_eatom;
  SpinConvVirialsKokkos<6> k_vatom;
  SpinConvVirialsKokkos<9> k_cvatom;

  std::unique_ptr<SpinConvGraphKokkos<DeviceType>> graph_kk;
  Kokkos::View<double *, DeviceType> d_rows;    // as rows of PairSpinConv
  // flags of the graph, then of each potential its energy and its virial
  Kokkos::View<double *, DeviceType> d_sums;
  Kokkos::View<double *, Kokkos::HostSpace> h_sums;
  bool to_host;    // of rows: what a committee needs

  void allocate_atoms();
  void refuse_monte_carlo();
  void to_ghosts_kk(double *);
  void find_rows();
  void assign_rows();
  void build_edges(int);
  void evaluate_all(bool);
  void explain(int, bool);
  bool read_sums(bool);
  void evaluate_kk(int, struct SpinConvResultKokkos &);
  bool complete_rows_kk();
  void exchange_rows(const CommRows &, size_t, bool);
};

}    // namespace LAMMPS_NS

#endif
#endif
