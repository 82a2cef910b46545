#include "memory.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <string>

#include "describe.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

using cuda_emulation::refuse;
using cuda_emulation::remember;

namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr size_t MARGIN = 0;  // AddressSanitizer has its own
#else
constexpr size_t MARGIN = 256;
#endif
constexpr size_t ALIGNMENT = 256;
constexpr int POISON = 0xff;  // as float and double: NaN; as integer: -1
constexpr size_t CAPACITY = size_t{16} << 30;

struct Allocation {
  size_t size;
  bool managed;  // the host may touch it as well
};

struct Memory {
  std::map<uintptr_t, Allocation> live;
  size_t used = 0;

  // Tells of leaks, which matter where a process should have cleaned up.
  ~Memory() {
    const char* wanted = std::getenv("CUDA_EMULATION_LEAKS");
    if (wanted && *wanted && *wanted != '0' && !live.empty())
      std::fprintf(
          stderr, "cuda emulation: %zu allocations of %zu bytes were never freed\n", live.size(),
          used);
  }
};

Memory& memory() {
  static Memory instance;
  return instance;
}

enum class Place { host, device, outside };  // outside: begins in an allocation, ends behind it

Place place(const void* address, size_t size) {
  const auto& live = memory().live;
  const auto number = reinterpret_cast<uintptr_t>(address);
  auto found = live.upper_bound(number);
  if (found == live.begin()) return Place::host;
  --found;
  if (number >= found->first + found->second.size) return Place::host;
  if (number - found->first + size > found->second.size) return Place::outside;
  return found->second.managed ? Place::host : Place::device;
}

bool managed(const void* address) {
  const auto& live = memory().live;
  auto found = live.upper_bound(reinterpret_cast<uintptr_t>(address));
  if (found == live.begin()) return false;
  --found;
  return found->second.managed &&
         reinterpret_cast<uintptr_t>(address) < found->first + found->second.size;
}

// Lets AddressSanitizer report who touches an allocation, or not.
void guard(const void* address, size_t size, bool guarded) {
#ifdef __SANITIZE_ADDRESS__
  if (guarded) __asan_poison_memory_region(address, size);
  else __asan_unpoison_memory_region(address, size);
#else
  (void)address, (void)size, (void)guarded;
#endif
}

void guard_all(bool guarded) {
#ifdef __SANITIZE_ADDRESS__
  for (const auto& [address, allocation] : memory().live)
    if (!allocation.managed)
      guard(reinterpret_cast<void*>(address), allocation.size, guarded);
#else
  (void)guarded;
#endif
}

cudaError_t allocate(void** address, size_t size, bool is_managed) {
  if (!address) return remember(cudaErrorInvalidValue);
  *address = nullptr;
  if (size == 0) return cudaSuccess;
  if (size > CAPACITY - memory().used) return remember(cudaErrorMemoryAllocation);
  void* block = nullptr;
  if (posix_memalign(&block, ALIGNMENT, size + 2 * MARGIN))
    return remember(cudaErrorMemoryAllocation);
  std::memset(block, POISON, size + 2 * MARGIN);
  *address = static_cast<char*>(block) + MARGIN;
  memory().live[reinterpret_cast<uintptr_t>(*address)] = {size, is_managed};
  memory().used += size;
  if (!is_managed) guard(*address, size, true);
  return cudaSuccess;
}

cudaError_t check(const char* call, const void* address, size_t size, bool on_device) {
  const Place where = place(address, size);
  const char* side = on_device ? "device" : "host";
  if (where == Place::outside)
    return refuse(
        cudaErrorInvalidValue, "%s: %zu bytes at %p reach beyond their allocation", call, size,
        address);
  if (where == (on_device ? Place::device : Place::host) || managed(address)) return cudaSuccess;
  return refuse(
      cudaErrorInvalidValue, "%s: %p is no %s memory%s", call, address, side,
      on_device ? " that is allocated" : ", but a device's");
}

}  // namespace

cudaError_t cudaMalloc(void** address, size_t size) { return allocate(address, size, false); }

cudaError_t cudaMallocManaged(void** address, size_t size, unsigned int) {
  return allocate(address, size, true);
}

cudaError_t cudaFree(void* address) {
  if (!address) return cudaSuccess;
  auto found = memory().live.find(reinterpret_cast<uintptr_t>(address));
  if (found == memory().live.end())
    return refuse(
        cudaErrorInvalidValue, "cudaFree: %p was not allocated, or has been freed", address);
  guard(address, found->second.size, false);
  std::memset(address, POISON, found->second.size);
  memory().used -= found->second.size;
  memory().live.erase(found);
  std::free(static_cast<char*>(address) - MARGIN);
  return cudaSuccess;
}

cudaError_t cudaMallocHost(void** address, size_t size) {
  *address = std::malloc(size);
  return *address || size == 0 ? cudaSuccess : remember(cudaErrorMemoryAllocation);
}

cudaError_t cudaFreeHost(void* address) {
  std::free(address);
  return cudaSuccess;
}

cudaError_t cudaMemcpy(void* to, const void* from, size_t size, cudaMemcpyKind kind) {
  if (size == 0) return cudaSuccess;
  if (kind < cudaMemcpyHostToHost || kind > cudaMemcpyDefault)
    return remember(cudaErrorInvalidMemcpyDirection);
  if (!to || !from)
    return refuse(cudaErrorInvalidValue, "cudaMemcpy: null pointer for %zu bytes", size);
  if (kind != cudaMemcpyDefault) {
    const bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
    const bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
    if (check("cudaMemcpy to", to, size, to_device) != cudaSuccess ||
        check("cudaMemcpy from", from, size, from_device) != cudaSuccess)
      return cudaErrorInvalidValue;
  }
  const cuda_emulation::DeviceAccess access;
  std::memmove(to, from, size);
  return cudaSuccess;
}

cudaError_t cudaMemcpy2D(
    void* to, size_t to_pitch, const void* from, size_t from_pitch, size_t width, size_t height,
    cudaMemcpyKind kind) {
  if (width > to_pitch || width > from_pitch) return remember(cudaErrorInvalidValue);
  for (size_t row = 0; row < height; ++row) {
    const cudaError_t error = cudaMemcpy(
        static_cast<char*>(to) + row * to_pitch,
        static_cast<const char*>(from) + row * from_pitch, width, kind);
    if (error != cudaSuccess) return error;
  }
  return cudaSuccess;
}

cudaError_t cudaMemset(void* address, int value, size_t size) {
  if (size == 0) return cudaSuccess;
  if (check("cudaMemset", address, size, true) != cudaSuccess) return cudaErrorInvalidValue;
  const cuda_emulation::DeviceAccess access;
  std::memset(address, value, size);
  return cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  *total = CAPACITY;
  *free = CAPACITY - memory().used;
  return cudaSuccess;
}

cudaError_t cuda_emulation::copy_symbol(
    void* symbol, size_t symbol_size, void* other, size_t size, size_t offset, bool to_symbol) {
  if (offset > symbol_size || size > symbol_size - offset)
    return refuse(
        cudaErrorInvalidValue, "%zu bytes from byte %zu on do not fit a symbol of %zu", size,
        offset, symbol_size);
  char* inside = static_cast<char*>(symbol) + offset;
  std::memmove(to_symbol ? inside : other, to_symbol ? other : inside, size);
  return cudaSuccess;
}

cuda_emulation::DeviceAccess::DeviceAccess() { guard_all(false); }
cuda_emulation::DeviceAccess::~DeviceAccess() { guard_all(true); }

std::string cuda_emulation::describe(const void* address) {
  constexpr uintptr_t NEAR = 1 << 20;
  const auto& live = memory().live;
  const auto number = reinterpret_cast<uintptr_t>(address);
  char text[200];
  auto next = live.upper_bound(number);
  if (next != live.begin()) {
    const auto before = std::prev(next);
    const uintptr_t end = before->first + before->second.size;
    if (number < end + NEAR && (next == live.end() || number - end <= next->first - number)) {
      std::snprintf(
          text, sizeof text, "byte %zu of device memory of %zu bytes",
          static_cast<size_t>(number - before->first), before->second.size);
      return text;
    }
  }
  if (next != live.end() && next->first - number < NEAR) {
    std::snprintf(
        text, sizeof text, "%zu bytes before device memory of %zu bytes",
        static_cast<size_t>(next->first - number), next->second.size);
    return text;
  }
  return "";
}
