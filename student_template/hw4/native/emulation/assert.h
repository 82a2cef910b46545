// assert() that names kernel, block and thread. May be included again with another NDEBUG.
#include "device/failure.h"

#undef assert
#ifdef NDEBUG
#define assert(condition) ((void)0)
#else
#define assert(condition) \
  (static_cast<bool>(condition) \
       ? void(0) \
       : ::cuda_emulation::assertion_failed(#condition, __FILE__, __LINE__, __func__))
#endif
