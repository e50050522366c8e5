// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/harmonics.hpp"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/script.h>

#include <cmath>
#include <random>

#include "spinconv/model.hpp"
#include "support/structures.hpp"
#include "support/test_models.hpp"

namespace spinconv::test {
namespace {

std::vector<double> harmonics(int l_max, const Vector& r) {
  return real_harmonics(l_max, r[0], r[1], r[2]);
}

std::vector<Vector> directions(std::size_t n) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  std::vector<Vector> result = {{0, 0, 1},  {0, 0, -1}, {1, 0, 0},
                                {-1, 0, 0}, {0, 1, 0},  {0, -1, 0}};
  while (result.size() < n) {
    const Vector v = {normal(random), normal(random), normal(random)};
    result.push_back((1.0 / norm(v)) * v);
  }
  return result;
}

TEST(Harmonics, AreThoseOfTheTextbookToSecondDegree) {
  for (const auto& r : directions(20)) {
    const auto y = harmonics(2, r);
    const auto [x, v, z] = r;
    const std::vector<double> expected = {1.0,
                                          std::sqrt(3.0) * v,
                                          std::sqrt(3.0) * z,
                                          std::sqrt(3.0) * x,
                                          std::sqrt(15.0) * x * v,
                                          std::sqrt(15.0) * v * z,
                                          std::sqrt(5.0) * (1.5 * z * z - 0.5),
                                          std::sqrt(15.0) * x * z,
                                          std::sqrt(15.0) / 2.0 * (x * x - v * v)};
    EXPECT_LT(largest_difference(y, expected), 1e-14);
  }
}

// The trapezoidal rule in azimuth and Gauss's rule in z are exact for these polynomials; here the
// plainest rule is used instead, with as many points as it takes.
TEST(Harmonics, AreOrthonormalOverTheSphere) {
  const int l_max = 4, size = 25, heights = 2000, azimuths = 2 * l_max + 2;
  std::vector<double> overlap(size * size, 0.0);
  for (int i = 0; i < heights; ++i) {
    const double z = -1.0 + (i + 0.5) * 2.0 / heights, rho = std::sqrt(1 - z * z);
    for (int j = 0; j < azimuths; ++j) {
      const double phi = 2.0 * M_PI * j / azimuths;
      const auto y = real_harmonics(l_max, rho * std::cos(phi), rho * std::sin(phi), z);
      for (int a = 0; a < size; ++a) {
        for (int b = 0; b < size; ++b) {
          overlap[a * size + b] += y[a] * y[b] / (heights * azimuths);
        }
      }
    }
  }
  for (int a = 0; a < size; ++a) {
    for (int b = 0; b < size; ++b) {
      EXPECT_NEAR(overlap[a * size + b], a == b ? 1.0 : 0.0, 2e-5) << a << " " << b;
    }
  }
}

// sum_m Y_lm(a) Y_lm(b) = (2l+1) P_l(a.b), which fixes the norm of every degree at every point
TEST(Harmonics, ObeyTheAdditionTheoremUpToDegreeTen) {
  const int l_max = 10;
  const auto points = directions(12);
  for (const auto& a : points) {
    for (const auto& b : points) {
      const auto ya = harmonics(l_max, a), yb = harmonics(l_max, b);
      for (int l = 0; l <= l_max; ++l) {
        double sum = 0.0;
        for (int k = l * l; k < (l + 1) * (l + 1); ++k) {
          sum += ya[k] * yb[k];
        }
        const double c = std::max(-1.0, std::min(1.0, dot(a, b)));
        EXPECT_NEAR(sum, (2 * l + 1) * std::legendre(l, c), 1e-11) << l;
      }
    }
  }
}

TEST(Harmonics, OfTheOppositeDirectionHaveTheParityOfTheDegree) {
  for (const auto& r : directions(12)) {
    const auto y = harmonics(6, r), opposite = harmonics(6, -1.0 * r);
    for (int l = 0; l <= 6; ++l) {
      for (int k = l * l; k < (l + 1) * (l + 1); ++k) {
        EXPECT_NEAR(opposite[k], (l % 2 ? -1.0 : 1.0) * y[k], 1e-13);
      }
    }
  }
}

// The rotation into an edge's frame, as in harmonics.py: R = R_y(-theta) R_z(-phi), R n = z.
Matrix edge_rotation(const Vector& n) {
  const double theta = std::atan2(std::hypot(n[0], n[1]), n[2]), phi = std::atan2(n[1], n[0]);
  return rotation_about({0, 1, 0}, -theta) * rotation_about({0, 0, 1}, -phi);
}

class RotationsOf : public ::testing::TestWithParam<std::pair<int, int>> {};

INSTANTIATE_TEST_SUITE_P(Degrees, RotationsOf,
                         ::testing::Values(std::pair{1, 1}, std::pair{3, 3}, std::pair{5, 5},
                                           std::pair{4, 2}, std::pair{3, 0}, std::pair{8, 6}),
                         [](const auto& info) {
                           return "L" + std::to_string(info.param.first) + "M" +
                                  std::to_string(info.param.second);
                         });

TEST_P(RotationsOf, TurnTheHarmonicsIntoTheFrameOfEveryEdge) {
  const auto [l_max, m_max] = GetParam();
  auto config = small_config();
  config.l_max = l_max;
  config.m_max = m_max;
  const Model model = Model::create(config, 1);
  const auto edges = directions(24);
  std::vector<double> flat;
  for (std::size_t e = 0; e < edges.size(); ++e) {
    const double length = 0.5 + 0.1 * double(e);
    for (const double x : edges[e]) {
      flat.push_back(length * x);
    }
  }
  const auto vectors = torch::tensor(flat, torch::kFloat64).view({-1, 3});
  const auto rotations = model.module().get_method("rotations")({vectors}).toTensor().contiguous();
  const auto points = directions(10);
  for (std::size_t e = 0; e < edges.size(); ++e) {
    const Matrix r = edge_rotation(edges[e]);
    ASSERT_LT(norm(r * edges[e] - Vector{0, 0, 1}), 1e-14);
    for (const auto& point : points) {
      const auto before = harmonics(l_max, point), after = harmonics(l_max, r * point);
      const double* d = rotations[static_cast<long>(e)].data_ptr<double>();
      for (int l = 0; l <= l_max; ++l) {
        for (int m = -std::min(l, m_max); m <= std::min(l, m_max); ++m) {
          double sum = 0.0;
          for (int b = 0; b < 2 * l + 1; ++b) {
            sum += *d++ * before[l * l + b];
          }
          EXPECT_NEAR(sum, after[l * l + l + m], 1e-12) << "edge " << e << " l " << l << " m " << m;
        }
      }
    }
  }
}

TEST(Envelope, FallsFromOneToZeroWithTwoContinuousDerivatives) {
  for (const int p : {3, 5, 6}) {
    auto config = small_config();
    config.envelope_exponent = p;
    const Model model = Model::create(config, 1);
    // value, first and second derivative at `d`
    const auto at = [&](double d) {
      auto x = torch::tensor({d}, torch::kFloat64).set_requires_grad(true);
      const auto f = model.module().get_method("envelope")({x}).toTensor();
      const auto first = torch::autograd::grad({f.sum()}, {x}, {}, true, true)[0];
      const auto second = torch::autograd::grad({first.sum()}, {x})[0];
      return std::array{f.item<double>(), first.item<double>(), second.item<double>()};
    };
    EXPECT_NEAR(at(1e-9)[0], 1.0, 1e-15);
    double before = 1.0;
    for (double d = 0.2; d < config.cutoff; d += 0.2) {
      EXPECT_LT(at(d)[0], before);
      before = at(d)[0];
    }
    const double slope = std::pow(p, 3);  // of the second derivative, at most of this order
    for (const double x : {1e-3, 1e-5}) {
      const auto inside = at(config.cutoff - x);
      EXPECT_NEAR(inside[0], 0.0, slope * x * x * x);
      EXPECT_NEAR(inside[1], 0.0, slope * x * x);
      EXPECT_NEAR(inside[2], 0.0, slope * x);
    }
    for (const double d : {config.cutoff + 1e-9, 2 * config.cutoff}) {
      EXPECT_NEAR(at(d)[0], 0.0, 1e-14);
      EXPECT_EQ(at(d)[1], 0.0);
      EXPECT_EQ(at(d)[2], 0.0);
    }
  }
}

}  // namespace
}  // namespace spinconv::test
