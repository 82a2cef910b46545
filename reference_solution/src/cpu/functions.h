// exp, log, tanh of a register, within a few units in the last place of the true values.
//
// The argument is reduced to a short interval, on which a polynomial is as good as float32. The
// coefficients are those of Cephes (S. L. Moshier, Methods and Programs for Mathematical
// Functions, 1989).

/// exp(x) = 2^n exp(r), where n is the integer next to x / log(2), and |r| <= log(2) / 2.
static inline Vector ExpOf(Vector x) {
  // beyond these, the result is 0 or infinity anyway; NaN passes
  x = x > 90.0f ? All(90.0f) : x;
  x = x < -105.0f ? All(-105.0f) : x;
  const Vector magic = All(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
  const Vector n = (x * 1.44269504088896341f + magic) - magic;
  const Vector r = (x - n * 0.693359375f) - n * -2.12194440e-4f;  // log(2) in two pieces
  Vector p = All(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  // 2^n in two factors: for the largest and the smallest results, 2^n is no float32 itself
  const Lanes whole = __builtin_convertvector(n, Lanes);
  const Lanes half = whole >> 1;
  return p * AsFloat((half + 127) << 23) * AsFloat((whole - half + 127) << 23);
}

/// log(x) = e log(2) + log(m), where x = 2^e m, and m is between sqrt(1/2) and sqrt(2).
static inline Vector LogOf(Vector x) {
  const Lanes tiny = x < 1.17549435e-38f;  // below that, floats have fewer digits
  const Lanes bits = AsInt(tiny ? x * 8388608.0f : x);
  const Lanes above = bits - 0x3f3504f3;  // the bits of sqrt(1/2): `e` counts from there
  const Vector e = __builtin_convertvector((above >> 23) - (tiny & 23), Vector);
  const Vector m = AsFloat((above & 0x007fffff) + 0x3f3504f3) - 1.0f;
  const Vector z = m * m;
  Vector p = All(7.0376836292e-2f);
  p = p * m - 1.1514610310e-1f;
  p = p * m + 1.1676998740e-1f;
  p = p * m - 1.2420140846e-1f;
  p = p * m + 1.4249322787e-1f;
  p = p * m - 1.6668057665e-1f;
  p = p * m + 2.0000714765e-1f;
  p = p * m - 2.4999993993e-1f;
  p = p * m + 3.3333331174e-1f;
  p = p * m * z + e * -2.12194440e-4f - 0.5f * z;
  const float infinity = std::numeric_limits<float>::infinity();
  Vector result = (m + p) + e * 0.693359375f;
  result = x == infinity ? x : result;
  result = x > 0.0f ? result : All(std::numeric_limits<float>::quiet_NaN());
  return x == 0.0f ? All(-infinity) : result;
}

/// tanh(x) = -d / (d + 2) with the sign of x, where d = exp(-2 |x|) - 1.
///
/// As in ExpOf, exp(-2 |x|) = 2^n exp(r). The polynomial is that of exp(r) - 1, so that no digits
/// are lost near 0, where n = 0.
static inline Vector TanhOf(Vector x) {
  const Lanes sign = AsInt(x) & static_cast<int32_t>(0x80000000);
  Vector y = AsFloat(AsInt(x + x) | static_cast<int32_t>(0x80000000));
  y = y < -20.0f ? All(-20.0f) : y;  // from there on, the result is 1
  const Vector magic = All(12582912.0f);
  const Vector shifted = y * 1.44269504088896341f + magic;
  const Vector n = shifted - magic;
  const Vector r = (y - n * 0.693359375f) - n * -2.12194440e-4f;
  Vector p = All(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r;
  const Vector scale = AsFloat((AsInt(shifted) << 23) + 0x3f800000);  // n is in the last bits
  const Vector d = scale * p + (scale - 1.0f);
  return AsFloat((AsInt(d / (d + 2.0f)) & 0x7fffffff) | sign);
}

