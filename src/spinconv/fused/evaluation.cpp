// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/fused/evaluation.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "spinconv/fused/scratch.hpp"
#include "spinconv/fused/source_order.hpp"
#include "spinconv/fused/work_units.hpp"

namespace spinconv::fused {
namespace {

using torch::Tensor;

// Waves are kept for the gradient, in place of being computed again, while all of them are no
// larger than this: reading them back then takes less time than the products.
constexpr std::int64_t most_kept_waves = 1 << 23;  // bytes
// The borders of units of work depend on the edges alone, so that sums are the same for any number
// of threads.
constexpr std::int64_t few_edges = 384;
constexpr std::int64_t unit_edges = 3 * tile_edges;
constexpr std::int64_t unit_atoms = 64;

std::vector<WorkUnit> units_of(const std::int64_t* target, std::int64_t edges, std::int64_t atoms) {
  const std::int64_t most = edges <= few_edges ? tile_edges : unit_edges;
  return units_where(target, edges, atoms,
                     [&](const WorkUnit& unit, std::int64_t more, std::int64_t) {
                       return unit.edges + more > most || unit.atoms == unit_atoms;
                     });
}

template <class T>
class Evaluation : public StagedEvaluation {
 public:
  Evaluation(const Packed<T>& packed, const std::vector<PairRepulsion>& repulsion,
             const Tensor& vectors, const Layout& layout, const Tensor& pair, bool gradients)
      : packed_(packed),
        repulsion_(repulsion),
        w_(packed.weights),
        s_(packed.weights.sizes),
        gradients_(gradients),
        edges_(vectors.size(0)),
        owned_(layout.n_targets),
        vectors_(vectors.contiguous()),
        source_(layout.source.contiguous()),
        target_(layout.target.contiguous()),
        types_(layout.types.contiguous()),
        pair_(pair.contiguous()),
        units_(units_of(target_.data_ptr<std::int64_t>(), edges_, owned_)) {
    rotation_ = numbers({edges_, s_.rotation});
    gaussians_ = numbers({edges_, s_.gaussians});
    envelope_ = numbers({2, edges_});
    arrays_.source = source_.data_ptr<std::int64_t>();
    arrays_.target = target_.data_ptr<std::int64_t>();
    arrays_.types = types_.data_ptr<std::int64_t>();
    arrays_.pair = pair_.data_ptr<std::int64_t>();
    arrays_.vectors = vectors_.data_ptr<double>();
    arrays_.rotation = data(rotation_);
    arrays_.gaussians = data(gaussians_);
    arrays_.envelope = data(envelope_);
    arrays_.slope = arrays_.envelope + edges_;
    if (gradients_) {
      geometry_gradient_ = numbers({edges_, 3}).zero_();
      gaussians_gradient_ = numbers({edges_, s_.gaussians}).zero_();
      arrays_.geometry_gradient = data(geometry_gradient_);
      arrays_.gaussians_gradient = data(gaussians_gradient_);
    }
    scratch_ = packed_.kernels.scratch(s_);
    each_unit([&](const WorkUnit& unit, T* scratch) {
      packed_.kernels.geometry(w_, arrays_, unit, scratch);
    });
  }

  StageValues stage(int k, const StageValues& in) override {
    Record r;
    StageValues out;
    Forward<T> f{};
    out.h = numbers({edges_, s_.message});
    f.h_out = data(out.h);
    Tensor rows_out;
    if (k < s_.layers) {
      rows_out = numbers({owned_, row_size()});
      f.rows_out = data(rows_out);
    }
    if (k == 0) {
      r.slopes = kept({edges_, 2 * s_.hidden});
      r.h_out = out.h;
      each_unit([&](const WorkUnit& unit, T* scratch) {
        packed_.kernels.start(w_, arrays_, f, pointers(r), unit, scratch);
      });
    } else {
      const Tensor h = in.h.contiguous(), rows = with_padding(in.rows);
      const Tensor atoms = in.atoms.defined() ? in.atoms.contiguous() : Tensor();
      r.had_atoms = in.atoms.defined();
      check_sources(rows.size(0));
      f.h_in = data(h);
      f.rows_in = data(rows);
      f.atoms_in = data(atoms);
      out.energies = torch::empty({owned_}, torch::kFloat64);
      f.energies = out.energies.data_ptr<double>();
      if (k < s_.layers) {
        out.atoms = numbers({owned_, row_size()});
        f.atoms_out = data(out.atoms);
        r.gates = kept({edges_, s_.gates()});
      }
      r.slopes = kept({edges_, 3 * s_.hidden});
      r.sum_gradient = kept({owned_, s_.message});
      const std::int64_t waves = s_.waves();
      if (s_.layers * edges_ * waves * std::int64_t{sizeof(T)} <= most_kept_waves) {
        r.waves = kept({edges_, waves});
      }
      r.h_in = h;
      r.h_out = out.h;
      r.rows = rows;
      each_unit([&](const WorkUnit& unit, T* scratch) {
        packed_.kernels.layer(w_, k - 1, arrays_, f, pointers(r), unit, scratch);
        if (k == s_.layers) {
          each_repulsion(unit, [&](std::int64_t e, const PairRepulsion::Value& v, double) {
            f.energies[arrays_.target[e]] += 0.5 * v.energy;
          });
        }
      });
    }
    if (k < s_.layers) {
      out.rows = without_padding(rows_out);
    }
    if (gradients_) {
      records_.resize(static_cast<std::size_t>(k) + 1);
      records_.back() = std::move(r);
    }
    return out;
  }

  StageValues stage_gradient(int k, const StageValues& to_out) override {
    const Record r = std::move(records_.at(static_cast<std::size_t>(k)));
    records_.resize(static_cast<std::size_t>(k));
    Backward<T> g{};
    StageValues to_in;
    Tensor to_h, to_rows, to_directed;
    if (k < s_.layers) {
      to_h = to_out.h.contiguous();
      to_rows = with_padding(to_out.rows);
      to_directed = to_out.atoms.defined() ? to_rows + to_out.atoms : to_rows;
      g.to_h_out = data(to_h);
      g.to_rows_out = data(to_rows);
      g.to_directed = data(to_directed);
    }
    if (k == 0) {
      each_unit([&](const WorkUnit& unit, T* scratch) {
        packed_.kernels.start_back(w_, arrays_, g, pointers(r), unit, scratch);
      });
      return to_in;
    }
    const Tensor weights = to_out.energies.contiguous();
    g.energy_weights = weights.data_ptr<double>();
    if (k == s_.layers) {
      energy_weights_ = weights;
    }
    to_in.h = numbers({edges_, s_.message});
    g.to_h_in = data(to_in.h);
    const Tensor to_rows_in = torch::zeros_like(r.rows);
    g.to_rows_in = data(to_rows_in);
    const Tensor to_sources = torch::zeros_like(r.rows);
    g.to_sources = data(to_sources);
    Tensor to_edges;
    const std::int64_t rows = r.rows.size(0);
    if (at::get_num_threads() > 1 && !at::in_parallel_region() && units_.size() > 1) {
      to_edges = numbers({edges_, s_.frame_rows * s_.message});
      g.to_edges = data(to_edges);
    }
    each_unit([&](const WorkUnit& unit, T* scratch) {
      packed_.kernels.layer_back(w_, k - 1, arrays_, g, pointers(r), unit, scratch);
    });
    if (g.to_edges) {
      if (!by_source_.is_of(rows)) {
        by_source_ = SourceOrder(arrays_.source, edges_, rows);
      }
      at::parallel_for(0, rows, 4, [&](std::int64_t first, std::int64_t last) {
        packed_.kernels.add_sources(w_, arrays_, g.to_edges, by_source_.begin.data(),
                                    by_source_.edges.data(), first, last, g.to_sources);
      });
    }
    to_in.rows = without_padding(to_rows_in.add_(to_sources));
    if (r.had_atoms) {
      to_in.atoms =
          to_directed.defined() ? to_directed : torch::zeros({owned_, row_size()}, type());
    }
    return to_in;
  }

  Tensor vector_gradient() override {
    const Tensor gradient = torch::empty({edges_, 3}, torch::kFloat64);
    double* const to = gradient.data_ptr<double>();
    const double* const weights =
        energy_weights_.defined() ? energy_weights_.data_ptr<double>() : nullptr;
    each_unit([&](const WorkUnit& unit, T*) {
      packed_.kernels.vector_gradient(w_, arrays_, unit, to);
      if (weights == nullptr) {  // the stage of the energies is another evaluation's
        return;
      }
      each_repulsion(unit, [&](std::int64_t e, const PairRepulsion::Value& v, double distance) {
        const double slope = 0.5 * weights[arrays_.target[e]] * v.derivative / distance;
        for (std::int64_t i = 3 * e; i < 3 * e + 3; ++i) {
          to[i] += slope * arrays_.vectors[i];
        }
      });
    });
    return gradient;
  }

 private:
  struct Record {
    Tensor slopes, gates, waves, h_in, h_out, rows, sum_gradient;
    bool had_atoms = false;
  };

  static torch::TensorOptions type() { return torch::dtype(c10::CppTypeToScalarType<T>::value); }
  static Tensor numbers(at::IntArrayRef sizes) { return torch::empty(sizes, type()); }
  static T* data(const Tensor& t) { return t.defined() ? t.data_ptr<T>() : nullptr; }
  Tensor kept(at::IntArrayRef sizes) const { return gradients_ ? numbers(sizes) : Tensor(); }
  std::int64_t row_size() const { return std::int64_t{s_.harmonics} * s_.message; }

  static Kept<T> pointers(const Record& r) {
    return {data(r.slopes), data(r.gates), data(r.waves),       data(r.h_in),
            data(r.h_out),  data(r.rows),  data(r.sum_gradient)};
  }

  Tensor with_padding(const Tensor& rows) const {
    const std::int64_t channels = packed_.message_channels;
    if (channels == s_.message) {
      return rows.contiguous();
    }
    Tensor padded = torch::zeros({rows.size(0), s_.harmonics, s_.message}, rows.options());
    padded.narrow(2, 0, channels).copy_(rows.reshape({rows.size(0), s_.harmonics, channels}));
    return padded.view({rows.size(0), row_size()});
  }

  Tensor without_padding(const Tensor& rows) const {
    const std::int64_t channels = packed_.message_channels;
    if (channels == s_.message) {
      return rows;
    }
    return rows.view({rows.size(0), s_.harmonics, s_.message})
        .narrow(2, 0, channels)
        .reshape({rows.size(0), s_.harmonics * channels});
  }

  template <class F>
  void each_unit(F f) const {
    each_with_scratch<T>(
        static_cast<std::int64_t>(units_.size()), scratch_,
        [&](std::int64_t c, T* scratch) { f(units_[static_cast<std::size_t>(c)], scratch); });
  }

  // f(edge, V and dV/dd, d) for the edges of a unit that are short enough.
  template <class F>
  void each_repulsion(const WorkUnit& unit, F f) const {
    if (repulsion_.empty()) {
      return;
    }
    for (std::int64_t e = unit.first_edge; e < unit.first_edge + unit.edges; ++e) {
      const PairRepulsion& pair = repulsion_[static_cast<std::size_t>(arrays_.pair[e])];
      const double* const r = arrays_.vectors + 3 * e;
      const double squared = r[0] * r[0] + r[1] * r[1] + r[2] * r[2];
      if (squared < pair.radius * pair.radius) {
        const double distance = std::sqrt(squared);
        f(e, pair.at(distance), distance);
      }
    }
  }

  // Kernels look at no index.
  void check_sources(std::int64_t rows) {
    if (rows == checked_rows_) {
      return;
    }
    for (std::int64_t e = 0; e < edges_; ++e) {
      TORCH_CHECK_INDEX(arrays_.source[e] >= 0 && arrays_.source[e] < rows, "source row ",
                        arrays_.source[e], " of ", rows);
    }
    checked_rows_ = rows;
  }

  const Packed<T>& packed_;
  const std::vector<PairRepulsion>& repulsion_;
  const Weights<T>& w_;
  const Sizes& s_;
  const bool gradients_;
  const std::int64_t edges_, owned_;
  const Tensor vectors_, source_, target_, types_, pair_;
  const std::vector<WorkUnit> units_;
  std::size_t scratch_ = 0;
  std::int64_t checked_rows_ = -1;
  Tensor rotation_, gaussians_, envelope_, geometry_gradient_, gaussians_gradient_;
  Tensor energy_weights_;  // [N] of the gradient
  Arrays<T> arrays_{};
  std::vector<Record> records_;
  SourceOrder by_source_;
};

}  // namespace

std::unique_ptr<StagedEvaluation> evaluation(const PackedWeights& weights, const Tensor& vectors,
                                             const Layout& layout, const Tensor& pair,
                                             bool gradients) {
  const torch::NoGradGuard no_grad;
  if (weights.single_) {
    return std::make_unique<Evaluation<float>>(*weights.single_, weights.repulsion, vectors, layout,
                                               pair, gradients);
  }
  return std::make_unique<Evaluation<double>>(*weights.double_, weights.repulsion, vectors, layout,
                                              pair, gradients);
}

}  // namespace spinconv::fused
