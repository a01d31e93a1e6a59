/// What can be found out about this processor and a matrix library only from C.
///
/// Why this is C: Swift cannot issue `cpuid`; it cannot call `sigsetjmp`, and a jump out of a signal handler must not cross Swift
/// frames; and a function for one instruction set needs the compiler's `target` attribute. Everything here may be called from any
/// thread. Nothing here links OpenBLAS: its functions come as pointers.

#ifndef PROCESSOR_PROBE_H
#define PROCESSOR_PROBE_H

#include <cblas.h>
#include <stdint.h>

// ---------------------------------------------------------------------------------------------------------------------
// The processor
// ---------------------------------------------------------------------------------------------------------------------

/// Who made the processor.
typedef enum {
  PROCESSOR_VENDOR_OTHER = 0,
  PROCESSOR_VENDOR_INTEL = 1,
  /// AMD, and Hygon, which builds AMD's cores.
  PROCESSOR_VENDOR_AMD = 2,
} processor_vendor;

/// Vector instructions that matrix kernels are written for; each set holds those before it.
typedef enum {
  /// Not an x86-64 processor: nothing is known.
  PROCESSOR_INSTRUCTIONS_UNKNOWN = 0,
  /// What every x86-64 processor has.
  PROCESSOR_INSTRUCTIONS_SSE2 = 1,
  PROCESSOR_INSTRUCTIONS_SSE3 = 2,
  PROCESSOR_INSTRUCTIONS_SSSE3 = 3,
  PROCESSOR_INSTRUCTIONS_SSE42 = 4,
  /// AVX, and an operating system that keeps its registers.
  PROCESSOR_INSTRUCTIONS_AVX = 5,
  /// AVX2 with FMA.
  PROCESSOR_INSTRUCTIONS_AVX2 = 6,
  /// AVX-512 F, CD, BW, DQ and VL, what Skylake-X brought, and an operating system that keeps its registers.
  PROCESSOR_INSTRUCTIONS_AVX512 = 7,
} processor_instructions;

/// What cpuid says.
typedef struct {
  processor_vendor vendor;
  processor_instructions instructions;
  /// Kilobytes of second-level cache as leaf 0x80000006 has them, the one that OpenBLAS asks; 0 where it is silent.
  uint32_t l2_kilobytes;
  /// The same from the leaf that describes each cache (4, at AMD 0x8000001D); 0 where that is silent, too.
  uint32_t l2_kilobytes_described;
} processor_features;

/// Asks the processor. Takes microseconds; under a hypervisor, which answers in its place, some tens.
processor_features processor_probe_features(void);

// ---------------------------------------------------------------------------------------------------------------------
// Loading a library under another environment
// ---------------------------------------------------------------------------------------------------------------------

/// `dlopen` while some variables of the environment have other values: what a library's constructor reads.
///
/// `setenv` may free memory that another thread's `getenv` is reading. Here a second environment is put in place of the first and taken
/// away again, and neither is ever freed (a kilobyte or so for each call): a reader sees the one or the other. Afterwards children
/// inherit nothing of it.
///
/// `additions` is a list of "NAME=value" that ends with a null pointer; they replace variables of that name.
void *processor_probe_open(const char *library, int flags, const char *const *additions);

/// The path of the library that holds an address, as long as it is loaded; null for none.
const char *processor_probe_file(const void *address);

// ---------------------------------------------------------------------------------------------------------------------
// A kernel
// ---------------------------------------------------------------------------------------------------------------------

/// The types of OpenBLAS' functions, from its own header.
typedef __typeof__(&cblas_sgemm) processor_probe_sgemm;
typedef __typeof__(&cblas_dgemm) processor_probe_dgemm;
typedef __typeof__(&cblas_dsyrk) processor_probe_dsyrk;

/// Multiplies small known matrices of whole numbers, exactly representable with all their sums, so that every entry must be equal.
///
/// Sizes reach the kernel's inner tile and what is left over at each edge, both the packed path and the one for small products, factors
/// plain and transposed, single and double precision. SIGILL, SIGSEGV, SIGBUS and SIGFPE of the calling thread are caught on the way.
/// Takes well below a millisecond with any kernel.
///
/// Returns 0 when all entries are right, −1 when one is wrong, the signal's number when a product raised one. Memory or a lock that the
/// library held at that moment stays so: it should be closed.
int processor_probe_products(processor_probe_sgemm sgemm, processor_probe_dgemm dgemm, processor_probe_dsyrk dsyrk);

// ---------------------------------------------------------------------------------------------------------------------
// Speed
// ---------------------------------------------------------------------------------------------------------------------

/// Floating-point operations a second (a multiplication and an addition count two) of one thread that multiplies and adds within
/// registers only, with vectors as wide as `instructions` has them: what no matrix product on this core can exceed.
///
/// Ask only for what the processor has. The best of several runs of a tenth of a millisecond, about `milliseconds` in all.
double processor_probe_register_rate(processor_instructions instructions, double milliseconds);

/// The same count for square products of `order` × `order` in single precision, the best of several runs; 0 without memory.
double processor_probe_product_rate(processor_probe_sgemm sgemm, int order, double milliseconds);

#endif
