// Copies between strided and compact memory.

#ifndef NEEDLE_CPU_STRIDED_H_
#define NEEDLE_CPU_STRIDED_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace needle {
namespace cpu {

/// An axis that is walked in two memories at once.
struct Axis {
  ptrdiff_t size, to, from;
};

/// Axes of the same elements, fewer of them: axes of size 1 go, and an axis along which both
/// memories just go on where the next axis ends is joined with it.
inline std::vector<Axis> Joined(const std::vector<Axis>& axes) {
  std::vector<Axis> joined;
  for (const Axis& axis : axes) {
    if (axis.size == 1) continue;
    if (!joined.empty() && joined.back().to == axis.to * axis.size &&
        joined.back().from == axis.from * axis.size) {
      joined.back() = {joined.back().size * axis.size, axis.to, axis.from};
    } else {
      joined.push_back(axis);
    }
  }
  return joined;
}

/// Copies along one axis.
inline void CopyLine(float* to, const float* from, const Axis& axis) {
  if (axis.to == 1 && axis.from == 1) {
    if (axis.size >= 64) {
      std::memcpy(to, from, axis.size * sizeof(float));
    } else {
      for (ptrdiff_t i = 0; i < axis.size; i++) to[i] = from[i];
    }
  } else if (axis.to == 1 && axis.from == 0) {
    std::fill(to, to + axis.size, *from);
  } else {
    for (ptrdiff_t i = 0; i < axis.size; i++) to[i * axis.to] = from[i * axis.from];
  }
}

/// Copies a square of four by four, whose rows in `from` are columns in `to`.
inline void Turn(float* to, ptrdiff_t to_stride, const float* from, ptrdiff_t from_stride) {
  typedef float Four __attribute__((vector_size(16)));
  typedef float Unaligned __attribute__((vector_size(16), aligned(4), may_alias));
  Four rows[4];
  for (int k = 0; k < 4; k++) {
    rows[k] = *reinterpret_cast<const Unaligned*>(from + k * from_stride);
  }
  const Four left02 = __builtin_shufflevector(rows[0], rows[2], 0, 4, 1, 5);
  const Four left13 = __builtin_shufflevector(rows[1], rows[3], 0, 4, 1, 5);
  const Four right02 = __builtin_shufflevector(rows[0], rows[2], 2, 6, 3, 7);
  const Four right13 = __builtin_shufflevector(rows[1], rows[3], 2, 6, 3, 7);
  const Four columns[4] = {__builtin_shufflevector(left02, left13, 0, 4, 1, 5),
                           __builtin_shufflevector(left02, left13, 2, 6, 3, 7),
                           __builtin_shufflevector(right02, right13, 0, 4, 1, 5),
                           __builtin_shufflevector(right02, right13, 2, 6, 3, 7)};
  for (int k = 0; k < 4; k++) {
    *reinterpret_cast<Unaligned*>(to + k * to_stride) = columns[k];
  }
}

/// Copies along two axes, of which `x` is side by side in `from`, and `y` in `to`, for instance a
/// matrix that is transposed: block by block, so that what is far apart stays in the cache until
/// all around it is copied.
inline void CopyTurned(float* to, const float* from, const Axis& x, const Axis& y) {
  const ptrdiff_t kWidth = 16, kHeight = 64;
  for (ptrdiff_t j = 0; j < y.size; j += kHeight) {
    const ptrdiff_t end_j = std::min(j + kHeight, y.size);
    for (ptrdiff_t i = 0; i < x.size; i += kWidth) {
      const ptrdiff_t end_i = std::min(i + kWidth, x.size);
      const bool turns = x.from == 1 && y.to == 1 && end_i - i == kWidth;
      ptrdiff_t k = j;
      for (; turns && k + 4 <= end_j; k += 4) {
        for (ptrdiff_t l = i; l < end_i; l += 4) {
          Turn(to + l * x.to + k, x.to, from + l + k * y.from, y.from);
        }
      }
      for (ptrdiff_t l = i; l < end_i; l++) {
        const Axis rest = {end_j - k, y.to, y.from};
        CopyLine(to + l * x.to + k * y.to, from + l * x.from + k * y.from, rest);
      }
    }
  }
}

/// Copies along two axes; `y` is the one to walk along first.
inline void CopyPlane(float* to, const float* from, const Axis& x, const Axis& y) {
  if (std::abs(x.from) < std::abs(y.from)) return CopyTurned(to, from, x, y);
  for (ptrdiff_t i = 0; i < x.size; i++) CopyLine(to + i * x.to, from + i * x.from, y);
}

/// Takes an axis out of `axes`, the one with the smallest stride, or the last of these.
inline Axis TakeNearest(std::vector<Axis>* axes, ptrdiff_t Axis::*stride) {
  if (axes->empty()) return {1, 0, 0};
  size_t nearest = 0;
  for (size_t i = 1; i < axes->size(); i++) {
    if (std::abs((*axes)[i].*stride) <= std::abs((*axes)[nearest].*stride)) nearest = i;
  }
  const Axis axis = (*axes)[nearest];
  axes->erase(axes->begin() + nearest);
  return axis;
}

/// Copies all elements that `axes` walk through in both memories.
inline void Copy(float* to, const float* from, std::vector<Axis> axes) {
  for (const Axis& axis : axes) {
    if (axis.size == 0) return;
  }
  axes = Joined(axes);
  const Axis y = TakeNearest(&axes, &Axis::to);
  // if `y` jumps in `from`, go along with what is side by side there; else with the next larger one
  const bool jumps = y.from < 0 || y.from > 1;
  const Axis x = TakeNearest(&axes, jumps ? &Axis::from : &Axis::to);
  std::vector<ptrdiff_t> index(axes.size(), 0);
  while (true) {
    CopyPlane(to, from, x, y);
    size_t i = 0;
    for (; i < axes.size(); i++) {
      to += axes[i].to, from += axes[i].from;
      if (++index[i] < axes[i].size) break;
      to -= axes[i].to * axes[i].size, from -= axes[i].from * axes[i].size;
      index[i] = 0;
    }
    if (i == axes.size()) return;
  }
}

/// How to copy from strided memory, which `strides` tells about, to compact memory.
inline std::vector<Axis> ToCompact(const std::vector<int32_t>& shape,
                                   const std::vector<int32_t>& strides) {
  std::vector<Axis> axes(shape.size());
  ptrdiff_t step = 1;
  for (size_t i = shape.size(); i-- > 0; step *= shape[i]) axes[i] = {shape[i], step, strides[i]};
  return axes;
}

/// How to copy from compact memory to strided memory.
inline std::vector<Axis> FromCompact(const std::vector<int32_t>& shape,
                                     const std::vector<int32_t>& strides) {
  std::vector<Axis> axes = ToCompact(shape, strides);
  for (Axis& axis : axes) std::swap(axis.to, axis.from);
  return axes;
}

/// How to copy one number to strided memory.
inline std::vector<Axis> FromNumber(const std::vector<int32_t>& shape,
                                    const std::vector<int32_t>& strides) {
  std::vector<Axis> axes = FromCompact(shape, strides);
  for (Axis& axis : axes) axis.from = 0;
  return axes;
}

}  // namespace cpu
}  // namespace needle

#endif  // NEEDLE_CPU_STRIDED_H_
