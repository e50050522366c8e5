// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

// Vectors of the widest registers that the file is compiled for, by the compiler's own extension.
// For files of one instruction set alone, which include it inside of a namespace of that name: the
// linker must never take a function of one set for another. For the same reason nothing of the
// standard library is used that has inline functions.
#include <cstddef>
#include <cstdint>

#include "spinconv/fused/kernels.hpp"
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#if defined(__AVX512F__)
#define SPINCONV_VECTOR_BYTES 64
#elif defined(__AVX2__)
#define SPINCONV_VECTOR_BYTES 32
#else
#define SPINCONV_VECTOR_BYTES 16
#endif

namespace spinconv::fused::SPINCONV_INSTRUCTION_SET {

using Index = std::int64_t;

template <class T>
struct VectorOf {
  typedef T type __attribute__((vector_size(SPINCONV_VECTOR_BYTES)));
  typedef T unaligned
      __attribute__((vector_size(SPINCONV_VECTOR_BYTES), aligned(sizeof(T)), may_alias));
};
template <>
struct VectorOf<std::uint32_t> {
  typedef std::uint32_t type __attribute__((vector_size(SPINCONV_VECTOR_BYTES)));
};
template <>
struct VectorOf<std::uint64_t> {
  typedef std::uint64_t type __attribute__((vector_size(SPINCONV_VECTOR_BYTES)));
};

template <class T>
using Vector = typename VectorOf<T>::type;
template <class T>
constexpr int lanes = SPINCONV_VECTOR_BYTES / sizeof(T);

template <class T>
SPINCONV_INLINE Vector<T> load(const T* from) {
  return *reinterpret_cast<const typename VectorOf<T>::unaligned*>(from);
}

template <class T>
SPINCONV_INLINE void store(T* to, Vector<T> v) {
  *reinterpret_cast<typename VectorOf<T>::unaligned*>(to) = v;
}

// x - 0 is x, which the compiler knows; x + 0 would be computed, since it differs for x = -0.
template <class T>
SPINCONV_INLINE Vector<T> all(T x) {
  return x - Vector<T>{};
}

template <class T>
SPINCONV_INLINE T sum(Vector<T> v) {
  T s = 0;
  for (int i = 0; i < lanes<T>; ++i) {
    s += v[i];
  }
  return s;
}

// root(x), and fused(x, y, z) = x y + z rounded once: with a sum of the compiler's, bits would
// depend on what it makes of the code around.
#if SPINCONV_VECTOR_BYTES == 64
SPINCONV_INLINE Vector<float> root(Vector<float> x) {
  return (Vector<float>)_mm512_maskz_sqrt_ps(0xffff, (__m512)x);
}
SPINCONV_INLINE Vector<double> root(Vector<double> x) {
  return (Vector<double>)_mm512_maskz_sqrt_pd(0xff, (__m512d)x);
}
SPINCONV_INLINE Vector<float> fused(Vector<float> x, Vector<float> y, Vector<float> z) {
  return (Vector<float>)_mm512_fmadd_ps((__m512)x, (__m512)y, (__m512)z);
}
SPINCONV_INLINE Vector<double> fused(Vector<double> x, Vector<double> y, Vector<double> z) {
  return (Vector<double>)_mm512_fmadd_pd((__m512d)x, (__m512d)y, (__m512d)z);
}
#elif SPINCONV_VECTOR_BYTES == 32
SPINCONV_INLINE Vector<float> root(Vector<float> x) {
  return (Vector<float>)_mm256_sqrt_ps((__m256)x);
}
SPINCONV_INLINE Vector<double> root(Vector<double> x) {
  return (Vector<double>)_mm256_sqrt_pd((__m256d)x);
}
SPINCONV_INLINE Vector<float> fused(Vector<float> x, Vector<float> y, Vector<float> z) {
  return (Vector<float>)_mm256_fmadd_ps((__m256)x, (__m256)y, (__m256)z);
}
SPINCONV_INLINE Vector<double> fused(Vector<double> x, Vector<double> y, Vector<double> z) {
  return (Vector<double>)_mm256_fmadd_pd((__m256d)x, (__m256d)y, (__m256d)z);
}
#elif defined(__aarch64__)
SPINCONV_INLINE Vector<float> root(Vector<float> x) {
  return (Vector<float>)vsqrtq_f32((float32x4_t)x);
}
SPINCONV_INLINE Vector<double> root(Vector<double> x) {
  return (Vector<double>)vsqrtq_f64((float64x2_t)x);
}
SPINCONV_INLINE Vector<float> fused(Vector<float> x, Vector<float> y, Vector<float> z) {
  return (Vector<float>)vfmaq_f32((float32x4_t)z, (float32x4_t)x, (float32x4_t)y);
}
SPINCONV_INLINE Vector<double> fused(Vector<double> x, Vector<double> y, Vector<double> z) {
  return (Vector<double>)vfmaq_f64((float64x2_t)z, (float64x2_t)x, (float64x2_t)y);
}
#endif

// exp(x) = 2^n exp(r), |r| < log(2)/2; n by the rounding of a sum with 1.5 times 2^23 (2^52), whose
// last bits are then those of n. Relative error 1e-7.
SPINCONV_INLINE Vector<float> exponential(Vector<float> x) {
  x = x > -87.0f ? x : all(-87.0f);
  x = x < 88.0f ? x : all(88.0f);
  const Vector<float> shifted = x * 1.44269504f + 12582912.0f, n = shifted - 12582912.0f;
  const Vector<float> r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  Vector<float> p = all(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  using Bits = Vector<std::uint32_t>;
  return (Vector<float>)((Bits)p + ((Bits)shifted << 23));
}

// The same in double precision, 5e-16.
SPINCONV_INLINE Vector<double> exponential(Vector<double> x) {
  x = x > -700.0 ? x : all(-700.0);
  x = x < 700.0 ? x : all(700.0);
  const Vector<double> shifted = x * 1.4426950408889634 + 6755399441055744.0;
  const Vector<double> n = shifted - 6755399441055744.0;
  const Vector<double> r = (x - n * 6.93145751953125e-1) - n * 1.42860682030941723212e-6;
  Vector<double> p = all(1.0 / 6227020800);
  constexpr double inverse_factorials[] = {1.0 / 479001600,
                                           1.0 / 39916800,
                                           1.0 / 3628800,
                                           1.0 / 362880,
                                           1.0 / 40320,
                                           1.0 / 5040,
                                           1.0 / 720,
                                           1.0 / 120,
                                           1.0 / 24,
                                           1.0 / 6,
                                           0.5,
                                           1.0,
                                           1.0};
#pragma GCC unroll 16
  for (const double c : inverse_factorials) {
    p = p * r + c;
  }
  using Bits = Vector<std::uint64_t>;
  return (Vector<double>)((Bits)p + ((Bits)shifted << 52));
}

// x s(x) and its slope s (1 + x (1 - s)), s(x) = 1/(1 + exp(-x)).
template <class T>
SPINCONV_INLINE Vector<T> silu(Vector<T> x, Vector<T>& slope) {
  const Vector<T> s = T(1) / (T(1) + exponential(-x));
  slope = s * (T(1) + x * (T(1) - s));
  return x * s;
}

}  // namespace spinconv::fused::SPINCONV_INSTRUCTION_SET
