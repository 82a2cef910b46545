// What a device address is near to, in words; and who may touch device memory.
#pragma once

#include <string>

#pragma GCC visibility push(hidden)
namespace cuda_emulation {

// Returns which allocation an address lies in or just outside of; nothing if it is near none.
std::string describe(const void* address);
// The same of shared memory.
std::string describe_shared(const void* address);

// With AddressSanitizer, only kernels and the runtime may touch device memory: lets them, as long as
// it lives.
class DeviceAccess {
 public:
  DeviceAccess();
  ~DeviceAccess();
};

}  // namespace cuda_emulation
#pragma GCC visibility pop
