// A register to the power of a number, as pow has it. The logarithm needs more digits than the
// result has, so this is computed in double precision.

typedef double Doubles __attribute__((vector_size(LANES * sizeof(float))));
typedef int64_t LongLanes __attribute__((vector_size(LANES * sizeof(float))));
typedef float Half __attribute__((vector_size(LANES / 2 * sizeof(float))));

static inline Doubles AllDoubles(double value) { return value - Doubles{}; }

/// log2(x) = e + log2(m) for positive x, where x = 2^e m, and m is between sqrt(1/2) and sqrt(2).
///
/// log(m) = 2 (s + s^3 / 3 + s^5 / 5 + ...), where s = (m - 1) / (m + 1).
static inline Doubles Log2Of(Doubles x) {
  const int64_t low = 0x3fe6a09e667f3bcd;  // the bits of sqrt(1/2)
  const LongLanes above = (LongLanes)x - low;
  const Doubles e = __builtin_convertvector(above >> 52, Doubles);
  const Doubles m = (Doubles)((above & 0x000fffffffffffff) + low);
  const Doubles s = (m - 1.0) / (m + 1.0);
  const Doubles z = s * s;
  Doubles p = AllDoubles(1.0 / 11);
  p = p * z + 1.0 / 9;
  p = p * z + 1.0 / 7;
  p = p * z + 1.0 / 5;
  p = p * z + 1.0 / 3;
  p = p * z + 1.0;
  return e + s * p * (2 * 1.44269504088896340736);
}

/// 2^x = 2^n exp(r), where n is the integer next to x; for |x| below 1000.
static inline Doubles Exp2Of(Doubles x) {
  const double magic = 6755399441055744.0;  // 1.5 * 2^52: adding it rounds to an integer
  const Doubles shifted = x + magic;
  const Doubles r = (x - (shifted - magic)) * 0.69314718055994530942;
  Doubles p = AllDoubles(1.0 / 5040);
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  return p * (Doubles)(((LongLanes)shifted << 52) + 0x3ff0000000000000);
}

static inline Half PowerOfHalf(Half x, double exponent) {
  Doubles y = Log2Of(__builtin_convertvector(x, Doubles)) * exponent;
  y = y > 200.0 ? AllDoubles(200.0) : y;  // infinity as a float
  y = y < -200.0 ? AllDoubles(-200.0) : y;
  return __builtin_convertvector(Exp2Of(y), Half);
}

/// x to the power of a finite number that is not 0.
static inline Vector PowerOf(Vector x, float exponent) {
  const float infinity = std::numeric_limits<float>::infinity();
  const bool is_whole = exponent == std::floor(exponent);
  const bool is_odd = is_whole && std::fmod(exponent, 2.0f) != 0.0f;
  const Vector magnitude = AsFloat(AsInt(x) & 0x7fffffff);
  union {
    Vector whole;
    Half halves[2];
  } parts;
  parts.whole = magnitude;
  parts.halves[0] = PowerOfHalf(parts.halves[0], exponent);
  parts.halves[1] = PowerOfHalf(parts.halves[1], exponent);
  Vector result = parts.whole;
  result = magnitude == 0.0f ? All(exponent > 0.0f ? 0.0f : infinity) : result;
  result = magnitude == infinity ? All(exponent > 0.0f ? infinity : 0.0f) : result;
  if (is_odd) result = AsFloat(AsInt(result) | (AsInt(x) & static_cast<int32_t>(0x80000000)));
  if (!is_whole) {
    const Lanes undefined = (x < 0.0f) & (x > -infinity);
    result = undefined ? All(std::numeric_limits<float>::quiet_NaN()) : result;
  }
  return x == x ? result : x;
}
