// A register of floats, in the vector extension of GCC and Clang: arithmetic, comparisons and `?:`
// work on all lanes at once.

/// LANES floats, in a register.
typedef float Vector __attribute__((vector_size(LANES * sizeof(float))));
/// What a comparison of two of them gives: a lane of ones is true, a lane of zeros false.
typedef int32_t Lanes __attribute__((vector_size(LANES * sizeof(int32_t))));
/// LANES floats in memory, wherever they start.
typedef float Unaligned
    __attribute__((vector_size(LANES * sizeof(float)), aligned(sizeof(float)), may_alias));

static inline Vector Load(const float* from) { return *reinterpret_cast<const Unaligned*>(from); }

static inline void Store(float* to, Vector v) { *reinterpret_cast<Unaligned*>(to) = v; }

/// The first `n` lanes from memory, the others `rest`.
static inline Vector LoadSome(const float* from, size_t n, float rest) {
  float lanes[LANES];
  for (size_t i = 0; i < LANES; i++) lanes[i] = i < n ? from[i] : rest;
  return Load(lanes);
}

/// The first `n` lanes to memory.
static inline void StoreSome(float* to, Vector v, size_t n) {
  float lanes[LANES];
  Store(lanes, v);
  for (size_t i = 0; i < n; i++) to[i] = lanes[i];
}

static inline Vector All(float value) { return value - Vector{}; }

/// The bits of integers taken for those of floats, and the other way round.
static inline Vector AsFloat(Lanes v) { return (Vector)v; }
static inline Lanes AsInt(Vector v) { return (Lanes)v; }

/// The larger one, lane by lane; NaN if either is.
static inline Vector Larger(Vector a, Vector b) {
  const Vector larger = a > b ? a : b;  // b if a or b is NaN
  return a == a ? larger : a;
}

[[maybe_unused]] static inline Vector SquareRootOfLanes(Vector x) {
  for (size_t i = 0; i < LANES; i++) x[i] = std::sqrt(x[i]);
  return x;
}

/// The square root as pow has it: positive also for -0, and for minus infinity.
static inline Vector SquareRootOf(Vector x) {
  const float infinity = std::numeric_limits<float>::infinity();
  const Vector root = SQRT(x) + 0.0f;
  return x == -infinity ? All(infinity) : root;
}
