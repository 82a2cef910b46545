// CUDA for machines without a GPU: what homework code uses, on the CPU.
// The build tool includes this file before everything else, as nvcc includes its own.
#pragma once

#define CUDA_EMULATION 1
#define __CUDACC__ 1
#define CUDART_VERSION 12000

#include "device/specifiers.h"
#include "device/vectors.h"
#include "device/launch.h"
#include "device/shared.h"
#include "device/barriers.h"
#include "device/warp.h"
#include "device/atomics.h"
#include "device/math.h"
#include "runtime/errors.h"
#include "runtime/memory.h"
#include "runtime/devices.h"
#include "runtime/streams.h"
