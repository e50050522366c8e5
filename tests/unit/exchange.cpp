// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/exchange.hpp"

#include <gtest/gtest.h>

#include <barrier>
#include <cmath>
#include <exception>
#include <map>
#include <memory>
#include <thread>

#include "support/structures.hpp"
#include "support/test_models.hpp"

// A periodic structure dealt out to ranks that share rows through HaloExchange is the structure on
// one rank. The ranks are threads here, each with an evaluator of its own.
namespace spinconv::test {
namespace {

// What one rank holds: its own atoms, then a ghost for every image that one of its edges starts
// from, with the owner's rank and row.
struct Rank {
  Edges edges;
  std::vector<std::size_t> atoms;  // of the whole structure, by own row
  struct Ghost {
    int rank;
    std::int64_t row;
  };
  std::vector<Ghost> ghosts;
};

std::vector<Rank> deal_out(const Structure& s, double cutoff, const std::vector<int>& owner,
                           int ranks) {
  const Edges all = brute_force_edges(s, cutoff);
  std::vector<Rank> result(ranks);
  std::vector<std::int64_t> row(s.size());
  for (std::size_t i = 0; i < s.size(); ++i) {
    auto& rank = result[owner[i]];
    row[i] = static_cast<std::int64_t>(rank.atoms.size());
    rank.atoms.push_back(i);
    rank.edges.types.push_back(s.types[i]);
  }
  // ghosts by atom and lattice translation, so that an image is a ghost of its own even where the
  // same rank owns the atom
  std::vector<std::map<std::array<long, 4>, std::int64_t>> known(ranks);
  for (int r = 0; r < ranks; ++r) {
    result[r].edges.n_owned = static_cast<std::int64_t>(result[r].atoms.size());
  }
  for (std::size_t e = 0; e < all.size(); ++e) {
    const int source = all.source[e], target = all.target[e];
    auto& rank = result[owner[target]];
    const double* v = &all.vectors[3 * e];
    const Vector image = s.positions[target] - Vector{v[0], v[1], v[2]};
    const Vector shift = image - s.positions[source];
    auto source_row = static_cast<std::int64_t>(row[source]);
    if (norm(shift) > 1e-6 || owner[source] != owner[target]) {
      const std::array<long, 4> key = {source, std::lround(1e3 * shift[0]),
                                       std::lround(1e3 * shift[1]), std::lround(1e3 * shift[2])};
      const auto [found, is_new] =
          known[owner[target]].try_emplace(key, static_cast<std::int64_t>(rank.edges.types.size()));
      if (is_new) {
        rank.edges.types.push_back(s.types[source]);
        rank.ghosts.push_back({owner[source], row[source]});
      }
      source_row = found->second;
    }
    rank.edges.source.push_back(source_row);
    rank.edges.target.push_back(static_cast<std::int64_t>(row[target]));
    rank.edges.vectors.insert(rank.edges.vectors.end(), v, v + 3);
  }
  return result;
}

// Moves rows between the threads of one process.
class ThreadHalo : public HaloExchange {
 public:
  struct Shared {
    explicit Shared(const std::vector<Rank>& r)
        : ranks(r), rows(r.size()), barrier(static_cast<std::ptrdiff_t>(r.size())) {}
    const std::vector<Rank>& ranks;
    std::vector<void*> rows;
    std::barrier<> barrier;
  };

  ThreadHalo(Shared& shared, int rank) : shared_(shared), rank_(rank) {}

  void forward(float* rows, std::int64_t width) override { to_ghosts(rows, width); }
  void forward(double* rows, std::int64_t width) override { to_ghosts(rows, width); }
  void reverse(float* rows, std::int64_t width) override { to_owners(rows, width); }
  void reverse(double* rows, std::int64_t width) override { to_owners(rows, width); }

  int forward_calls = 0, reverse_calls = 0;
  bool drop = false;  // leave ghost rows as they are

 private:
  template <class T>
  void to_ghosts(T* rows, std::int64_t width) {
    ++forward_calls;
    shared_.rows[rank_] = rows;
    shared_.barrier.arrive_and_wait();
    const Rank& self = shared_.ranks[rank_];
    for (std::size_t g = 0; g < self.ghosts.size() && !drop; ++g) {
      const T* owner = static_cast<const T*>(shared_.rows[self.ghosts[g].rank]);
      std::copy_n(owner + self.ghosts[g].row * width, width,
                  rows + (self.edges.n_owned + static_cast<std::int64_t>(g)) * width);
    }
    shared_.barrier.arrive_and_wait();
  }

  // Each rank collects what the ghosts of its atoms on all ranks have.
  template <class T>
  void to_owners(T* rows, std::int64_t width) {
    ++reverse_calls;
    shared_.rows[rank_] = rows;
    shared_.barrier.arrive_and_wait();
    for (std::size_t r = 0; r < shared_.ranks.size() && !drop; ++r) {
      const Rank& other = shared_.ranks[r];
      const T* theirs = static_cast<const T*>(shared_.rows[r]);
      for (std::size_t g = 0; g < other.ghosts.size(); ++g) {
        if (other.ghosts[g].rank == rank_) {
          const T* ghost = theirs + (other.edges.n_owned + static_cast<std::int64_t>(g)) * width;
          for (std::int64_t k = 0; k < width; ++k) {
            rows[other.ghosts[g].row * width + k] += ghost[k];
          }
        }
      }
    }
    shared_.barrier.arrive_and_wait();
  }

  Shared& shared_;
  int rank_;
};

struct Outcome {
  Result result;  // by atom of the whole structure
  std::vector<int> forward_calls, reverse_calls;
};

// `chunks` of each rank in turn.
Outcome run_ranks(const ModelConfig& config, const Structure& s, const std::vector<int>& owner,
                  int ranks, bool drop, EvaluatorOptions options = {},
                  const std::vector<std::int64_t>& chunks = {0}) {
  std::vector<Evaluator> evaluators;
  for (int r = 0; r < ranks; ++r) {
    options.chunk = chunks[r % chunks.size()];
    evaluators.push_back(random_evaluator(config, options));
  }
  const auto parts = deal_out(s, config.cutoff, owner, ranks);
  ThreadHalo::Shared shared(parts);
  std::vector<std::unique_ptr<ThreadHalo>> halos;
  std::vector<Evaluation> evaluations(ranks);
  std::vector<std::exception_ptr> failures(ranks);
  std::vector<std::thread> threads;
  for (int r = 0; r < ranks; ++r) {
    halos.push_back(std::make_unique<ThreadHalo>(shared, r));
    halos.back()->drop = drop;
  }
  for (int r = 0; r < ranks; ++r) {
    threads.emplace_back([&, r] {
      try {
        evaluators[r].evaluate(parts[r].edges.graph(), true, evaluations[r], halos[r].get());
      } catch (...) {
        failures[r] = std::current_exception();
        shared.barrier.arrive_and_drop();  // the others must not wait for this rank
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  for (const auto& failure : failures) {
    if (failure) {
      std::rethrow_exception(failure);
    }
  }
  Outcome out;
  out.result.atomic_energies.resize(s.size());
  out.result.forces.resize(s.size());
  for (int r = 0; r < ranks; ++r) {
    out.forward_calls.push_back(halos[r]->forward_calls);
    out.reverse_calls.push_back(halos[r]->reverse_calls);
    const Result own = collect(parts[r].edges, evaluations[r]);
    out.result.energy += own.energy;
    for (int k = 0; k < 3; ++k) {
      out.result.virial[k] = out.result.virial[k] + own.virial[k];
    }
    for (std::size_t i = 0; i < parts[r].atoms.size(); ++i) {
      out.result.atomic_energies[parts[r].atoms[i]] = own.atomic_energies[i];
    }
    for (std::size_t i = 0; i < own.forces.size(); ++i) {
      const auto owned = static_cast<std::size_t>(parts[r].edges.n_owned);
      const std::size_t atom =
          i < owned ? parts[r].atoms[i]
                    : parts[parts[r].ghosts[i - owned].rank].atoms[parts[r].ghosts[i - owned].row];
      out.result.forces[atom] = out.result.forces[atom] + own.forces[i];
    }
  }
  return out;
}

struct Split {
  std::string name;
  std::vector<int> owner;  // of the 7 atoms
  int ranks;

  friend void PrintTo(const Split& s, std::ostream* out) { *out << s.name; }
};

class RanksOf : public ::testing::TestWithParam<Split> {
 protected:
  Structure structure_ = random_triclinic(7, 3, 41);
};

INSTANTIATE_TEST_SUITE_P(Splits, RanksOf,
                         ::testing::Values(Split{"OneRankWithGhosts", {0, 0, 0, 0, 0, 0, 0}, 1},
                                           Split{"TwoRanks", {0, 1, 0, 1, 1, 0, 0}, 2},
                                           Split{"ThreeRanks", {2, 1, 0, 2, 1, 0, 0}, 3},
                                           Split{"ARankWithoutAtoms", {0, 2, 0, 2, 2, 0, 0}, 3},
                                           Split{"ARankWithOneAtom", {0, 0, 0, 1, 0, 0, 0}, 2}),
                         [](const auto& info) { return info.param.name; });

TEST_P(RanksOf, GiveTheEnergiesForcesAndVirialOfOne) {
  for (const auto& variant : decomposed_variants()) {
    const auto& config = variant.config;
    if (config.elements.size() < 3) {
      continue;  // the structure has three
    }
    SCOPED_TRACE(variant.name);
    auto evaluator = random_evaluator(config);
    const auto folded = calculate(evaluator, structure_);
    const auto shared =
        run_ranks(config, structure_, GetParam().owner, GetParam().ranks, false).result;
    EXPECT_NEAR(shared.energy, folded.energy, 1e-12);
    EXPECT_LT(largest_difference(shared.atomic_energies, folded.atomic_energies), 1e-12);
    EXPECT_LT(largest_difference(shared.forces, folded.forces), 1e-11);
    for (int k = 0; k < 3; ++k) {
      EXPECT_LT(norm(shared.virial[k] - folded.virial[k]), 1e-10);
    }
  }
}

TEST_P(RanksOf, AgreeInSinglePrecisionToItsRounding) {
  EvaluatorOptions options;
  options.precision = Precision::single_;
  auto evaluator = random_evaluator(small_config(), options);
  const auto folded = calculate(evaluator, structure_);
  const auto shared =
      run_ranks(small_config(), structure_, GetParam().owner, GetParam().ranks, false, options)
          .result;
  EXPECT_LT(largest_difference(shared.atomic_energies, folded.atomic_energies), 5e-6);
  EXPECT_LT(largest_difference(shared.forces, folded.forces), 5e-5);
}

TEST_P(RanksOf, AllTakePartInEveryCallWithoutAtomsToo) {
  const auto out = run_ranks(small_config(), structure_, GetParam().owner, GetParam().ranks, false);
  for (int r = 0; r < GetParam().ranks; ++r) {
    EXPECT_EQ(out.forward_calls[r], small_config().layers);
    EXPECT_EQ(out.reverse_calls[r], small_config().layers);
  }
}

TEST_P(RanksOf, AgreeWhereEachEvaluatesBlocksOfItsOwnSize) {
  auto evaluator = random_evaluator(small_config());
  const auto folded = calculate(evaluator, structure_);
  const auto out = run_ranks(small_config(), structure_, GetParam().owner, GetParam().ranks, false,
                             {}, {13, 0, 1});
  EXPECT_LT(largest_difference(out.result.atomic_energies, folded.atomic_energies), 1e-12);
  EXPECT_LT(largest_difference(out.result.forces, folded.forces), 1e-11);
  for (int r = 0; r < GetParam().ranks; ++r) {
    EXPECT_EQ(out.forward_calls[r], small_config().layers);
    EXPECT_EQ(out.reverse_calls[r], small_config().layers);
  }
}

TEST_P(RanksOf, TakeAtomsThatSeeNobody) {
  Structure s = structure_;
  for (auto& a : s.cell) {
    a = 20.0 * a;
  }
  for (auto& r : s.positions) {
    r = 20.0 * r;
  }
  for (const auto& variant : decomposed_variants()) {
    const auto& config = variant.config;
    if (config.elements.size() < 3) {
      continue;
    }
    SCOPED_TRACE(variant.name);
    ASSERT_EQ(brute_force_edges(s, config.cutoff).size(), 0u);
    auto evaluator = random_evaluator(config);
    const auto folded = calculate(evaluator, s);
    const auto out = run_ranks(config, s, GetParam().owner, GetParam().ranks, false, {}, {0, 1});
    EXPECT_LT(largest_difference(out.result.atomic_energies, folded.atomic_energies), 1e-12);
    EXPECT_LT(largest_difference(out.result.forces, folded.forces), 1e-12);
    const int reverse = config.has_direct_forces() ? 0 : config.layers;
    for (int r = 0; r < GetParam().ranks; ++r) {
      EXPECT_EQ(out.forward_calls[r], config.layers);
      EXPECT_EQ(out.reverse_calls[r], reverse);
    }
  }
}

// What the agreement above is worth: without the exchange there is none.
TEST_P(RanksOf, DisagreeWhenGhostRowsAreNotFilled) {
  auto evaluator = random_evaluator(small_config());
  const auto folded = calculate(evaluator, structure_);
  const auto dropped =
      run_ranks(small_config(), structure_, GetParam().owner, GetParam().ranks, true).result;
  EXPECT_GT(largest_difference(dropped.atomic_energies, folded.atomic_energies), 1e-6);
}

// All atoms within `depth` cutoffs of the rank's own, whose edges it evaluates too: no exchange.
struct DeepHalo {
  Edges edges;
  std::vector<std::size_t> atoms;  // of the whole structure, by row
};

DeepHalo deep_halo(const Structure& s, double cutoff, const std::vector<std::size_t>& own,
                   int depth) {
  DeepHalo halo;
  std::vector<Vector> positions;
  const auto add = [&](std::size_t atom, const Vector& r) {
    halo.edges.types.push_back(s.types[atom]);
    halo.atoms.push_back(atom);
    positions.push_back(r);
  };
  for (const std::size_t i : own) {
    add(i, s.positions[i]);
  }
  const int reach = 7;
  for (int a = -reach; a <= reach; ++a) {
    for (int b = -reach; b <= reach; ++b) {
      for (int c = -reach; c <= reach; ++c) {
        const Vector shift = double(a) * s.cell[0] + double(b) * s.cell[1] + double(c) * s.cell[2];
        for (std::size_t i = 0; i < s.size(); ++i) {
          const Vector r = s.positions[i] + shift;
          double nearest = 1e9;
          for (std::size_t k = 0; k < own.size(); ++k) {
            nearest = std::min(nearest, norm(r - positions[k]));
          }
          if (nearest > 1e-6 && nearest < depth * cutoff) {
            add(i, r);
          }
        }
      }
    }
  }
  halo.edges.n_owned = static_cast<std::int64_t>(halo.atoms.size());
  for (std::size_t t = 0; t < positions.size(); ++t) {
    for (std::size_t u = 0; u < positions.size(); ++u) {
      const Vector v = positions[t] - positions[u];
      if (t != u && norm(v) < cutoff) {
        halo.edges.source.push_back(static_cast<std::int64_t>(u));
        halo.edges.target.push_back(static_cast<std::int64_t>(t));
        halo.edges.vectors.insert(halo.edges.vectors.end(), v.begin(), v.end());
      }
    }
  }
  return halo;
}

std::vector<Variant> deep_variants() {
  std::vector<Variant> variants{{"Harmonics", small_config()}, {"Grid", small_grid_config()}};
  for (int k = 0; k < 2; ++k) {
    auto direct = variants[k];
    direct.name += "DirectForces";
    direct.config.forces = "direct";
    variants.push_back(direct);
  }
  return variants;
}

class DeepHaloOf : public ::testing::TestWithParam<Variant> {};

INSTANTIATE_TEST_SUITE_P(Models, DeepHaloOf, ::testing::ValuesIn(deep_variants()),
                         [](const auto& info) { return info.param.name; });

TEST_P(DeepHaloOf, AllLayersAgreesWithOneRankAndOneThatIsTooThinDoesNot) {
  auto config = GetParam().config;
  config.cutoff = 2.6;
  const Structure s = random_triclinic(5, 3, 43);
  auto evaluator = random_evaluator(config);
  const auto folded = calculate(evaluator, s);
  const std::vector<std::vector<std::size_t>> ranks = {{0, 3}, {1, 2, 4}};
  for (const int depth : {config.layers + 1, config.layers}) {
    double energy = 0.0;
    std::vector<Vector> forces(s.size());
    for (const auto& own : ranks) {
      const auto halo = deep_halo(s, config.cutoff, own, depth);
      Graph graph = halo.edges.graph();
      graph.n_energies = static_cast<std::int64_t>(own.size());
      Evaluation result;
      evaluator.evaluate(graph, true, result);
      result.atomic_forces.resize(config.has_direct_forces() ? 3 * own.size() : 0);
      const auto found = collect(halo.edges, result);
      energy += result.energy;
      for (std::size_t row = 0; row < halo.atoms.size(); ++row) {
        forces[halo.atoms[row]] = forces[halo.atoms[row]] + found.forces[row];
      }
    }
    if (depth == config.layers + 1) {
      EXPECT_NEAR(energy, folded.energy, 1e-12);
      EXPECT_LT(largest_difference(forces, folded.forces), 1e-11);
    } else {
      EXPECT_GT(largest_difference(forces, folded.forces), 1e-10);
    }
  }
}

}  // namespace
}  // namespace spinconv::test
