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
#include "spinconv_compat_kokkos.h"

#include <memory>

namespace spinconv {
struct DeviceEvaluation;
}

namespace LAMMPS_NS {

template <class DeviceType> class SpinConvGraphKokkos;

/* pair_style spinconv on the device of Kokkos: the same potentials, options and steps. Edges are
   made on the device, the evaluator reads and writes arrays there, and does so on the stream of
   Kokkos, so that what the one starts the other finds done. It runs on the device that Kokkos was
   given (-k on g N), which is that of the rank on its node.

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

  void init_style() override;
  double memory_usage() override;

  int pack_forward_comm_kokkos(int, DAT::tdual_int_1d, SpinConvBufferKokkos &, int, int *) override;
  void unpack_forward_comm_kokkos(int, int, SpinConvBufferKokkos &) override;
  int pack_reverse_comm_kokkos(int, int, SpinConvBufferKokkos &) override;
  void unpack_reverse_comm_kokkos(int, DAT::tdual_int_1d, SpinConvBufferKokkos &) override;

  // public for nvcc, which takes no lambda in another member function
  void add_energies(int m) override;
  void add_forces(int m) override;
  void add_atoms(int m);
  void add_edges(int m);
  void add_rows(bool complete) override;

 protected:
  spinconv::EvaluatorOptions evaluator_options() const override;

  // the other parts of compute() that are not those of the host

  void begin_step(int eflag, int vflag) override;
  void clear_rows() override;
  void find_rows() override;
  void build_edges(int m) override;
  void evaluate(int m) override;
  bool read_sums() override;
  void end_step() override;

  double number_of_edges() const override;
  const int *row_of_atom() const override;
  SpinConvRows rows_of_forces() override;
  const SpinConvGraph &graph_on_host() override;
  const SpinConvForces &forces_on_host() override;
  void exchange_rows(const SpinConvRows &, bool forward) override;

 private:
  // arrays of atoms on the device, whose host side LAMMPS reads
  SpinConvEnergiesKokkos k_eatom;
  SpinConvVirialsKokkos<6> k_vatom;
  SpinConvVirialsKokkos<9> k_cvatom;

  std::unique_ptr<SpinConvGraphKokkos<DeviceType>> graph_kk;
  std::unique_ptr<spinconv::DeviceEvaluation> result_kk;
  bool steady;    // edges are those of the step before
  int width;
  Kokkos::View<double *, DeviceType> d_rows;    // as in SpinConvForces
  // flags of the graph, then of each potential its energy and its virial
  Kokkos::View<double *, DeviceType> d_sums;
  Kokkos::View<double *, Kokkos::HostSpace> h_sums;

  void allocate_atoms();
  void refuse_monte_carlo();
  void assign_rows();
  void explain(int m, bool unlisted);
  void look_at_edges();
};

}    // namespace LAMMPS_NS

#endif
#endif
