// Element by element: the same on every lane of every register.

template <typename Function>
static inline void Map(const float* a, float* out, size_t n, Function f) {
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) Store(out + i, f(Load(a + i)));
  if (i < n) StoreSome(out + i, f(LoadSome(a + i, n - i, 1.0f)), n - i);
}

template <typename Function>
static inline void Map(const float* a, const float* b, float* out, size_t n, Function f) {
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) Store(out + i, f(Load(a + i), Load(b + i)));
  if (i < n) {
    StoreSome(out + i, f(LoadSome(a + i, n - i, 1.0f), LoadSome(b + i, n - i, 1.0f)), n - i);
  }
}

static void Add(const float* a, const float* b, float* out, size_t n) {
  Map(a, b, out, n, [](Vector x, Vector y) { return x + y; });
}

static void Mul(const float* a, const float* b, float* out, size_t n) {
  Map(a, b, out, n, [](Vector x, Vector y) { return x * y; });
}

static void Div(const float* a, const float* b, float* out, size_t n) {
  Map(a, b, out, n, [](Vector x, Vector y) { return x / y; });
}

static void Maximum(const float* a, const float* b, float* out, size_t n) {
  Map(a, b, out, n, [](Vector x, Vector y) { return Larger(x, y); });
}

static void Eq(const float* a, const float* b, float* out, size_t n) {
  Map(a, b, out, n, [](Vector x, Vector y) { return x == y ? All(1.0f) : All(0.0f); });
}

static void Ge(const float* a, const float* b, float* out, size_t n) {
  Map(a, b, out, n, [](Vector x, Vector y) { return x >= y ? All(1.0f) : All(0.0f); });
}

static void ScalarAdd(const float* a, float val, float* out, size_t n) {
  Map(a, out, n, [val](Vector x) { return x + val; });
}

static void ScalarMul(const float* a, float val, float* out, size_t n) {
  Map(a, out, n, [val](Vector x) { return x * val; });
}

static void ScalarDiv(const float* a, float val, float* out, size_t n) {
  Map(a, out, n, [val](Vector x) { return x / val; });
}

static void ScalarMaximum(const float* a, float val, float* out, size_t n) {
  Map(a, out, n, [val](Vector x) { return Larger(x, All(val)); });
}

static void ScalarEq(const float* a, float val, float* out, size_t n) {
  Map(a, out, n, [val](Vector x) { return x == val ? All(1.0f) : All(0.0f); });
}

static void ScalarGe(const float* a, float val, float* out, size_t n) {
  Map(a, out, n, [val](Vector x) { return x >= val ? All(1.0f) : All(0.0f); });
}

/// Some powers have a short way, which does not round more than pow does.
static void ScalarPower(const float* a, float val, float* out, size_t n) {
  if (val == 0.0f) return std::fill(out, out + n, 1.0f);
  if (val == 1.0f) return Map(a, out, n, [](Vector x) { return x; });
  if (val == 2.0f) return Map(a, out, n, [](Vector x) { return x * x; });
  if (val == 0.5f) return Map(a, out, n, [](Vector x) { return SquareRootOf(x); });
  if (val == -1.0f) return Map(a, out, n, [](Vector x) { return 1.0f / x; });
  if (std::isfinite(val)) return Map(a, out, n, [val](Vector x) { return PowerOf(x, val); });
  for (size_t i = 0; i < n; i++) out[i] = std::pow(a[i], val);
}

static void Exp(const float* a, float* out, size_t n) {
  Map(a, out, n, [](Vector x) { return ExpOf(x); });
}

static void Log(const float* a, float* out, size_t n) {
  Map(a, out, n, [](Vector x) { return LogOf(x); });
}

static void Tanh(const float* a, float* out, size_t n) {
  Map(a, out, n, [](Vector x) { return TanhOf(x); });
}
