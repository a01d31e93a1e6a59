#include "processor_probe.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <string.h>

typedef struct {
  uint32_t a, b, c, d;
} registers;

/// All zero where the processor has no such leaf.
static registers leaf(uint32_t number, uint32_t part) {
  registers r = {0, 0, 0, 0};
  __get_cpuid_count(number, part, &r.a, &r.b, &r.c, &r.d);
  return r;
}

static int has(uint32_t word, int bit) { return (word >> bit) & 1; }

/// The register states that the operating system saves; 0 where it saves none beyond SSE.
static uint32_t saved_states(registers basic) {
  if (!has(basic.c, 27)) return 0;
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

static processor_vendor vendor(void) {
  registers r = leaf(0, 0);
  char name[12];
  memcpy(name, &r.b, 4);
  memcpy(name + 4, &r.d, 4);
  memcpy(name + 8, &r.c, 4);
  if (memcmp(name, "GenuineIntel", 12) == 0) return PROCESSOR_VENDOR_INTEL;
  if (memcmp(name, "AuthenticAMD", 12) == 0 || memcmp(name, "HygonGenuine", 12) == 0) return PROCESSOR_VENDOR_AMD;
  return PROCESSOR_VENDOR_OTHER;
}

static processor_instructions instructions(void) {
  registers basic = leaf(1, 0);
  registers more = leaf(7, 0);
  uint32_t saved = saved_states(basic);
  int avx = has(basic.c, 28) && (saved & 0x06) == 0x06;
  int avx2 = avx && has(more.b, 5) && has(basic.c, 12);
  int avx512 = avx2 && (saved & 0xe6) == 0xe6 && has(more.b, 16) && has(more.b, 17) && has(more.b, 28) && has(more.b, 30) &&
               has(more.b, 31);
  if (avx512) return PROCESSOR_INSTRUCTIONS_AVX512;
  if (avx2) return PROCESSOR_INSTRUCTIONS_AVX2;
  if (avx) return PROCESSOR_INSTRUCTIONS_AVX;
  if (has(basic.c, 20)) return PROCESSOR_INSTRUCTIONS_SSE42;
  if (has(basic.c, 9)) return PROCESSOR_INSTRUCTIONS_SSSE3;
  if (has(basic.c, 0)) return PROCESSOR_INSTRUCTIONS_SSE3;
  return PROCESSOR_INSTRUCTIONS_SSE2;
}

/// Kilobytes of the second-level cache in a leaf that lists one cache in each part.
static uint32_t described_l2(uint32_t number) {
  for (uint32_t part = 0; part < 16; part++) {
    registers r = leaf(number, part);
    if ((r.a & 0x1f) == 0) return 0;
    if (((r.a >> 5) & 7) != 2) continue;
    uint64_t ways = (r.b >> 22) + 1, partitions = ((r.b >> 12) & 0x3ff) + 1, line = (r.b & 0xfff) + 1, sets = (uint64_t)r.c + 1;
    return (uint32_t)(ways * partitions * line * sets >> 10);
  }
  return 0;
}

processor_features processor_probe_features(void) {
  processor_features found = {.vendor = vendor(), .instructions = instructions()};
  found.l2_kilobytes = leaf(0x80000006, 0).c >> 16;
  found.l2_kilobytes_described = described_l2(found.vendor == PROCESSOR_VENDOR_AMD ? 0x8000001d : 4);
  return found;
}

#else

processor_features processor_probe_features(void) {
  return (processor_features){.vendor = PROCESSOR_VENDOR_OTHER, .instructions = PROCESSOR_INSTRUCTIONS_UNKNOWN};
}

#endif
