// Shows the thread sanitizer what Swift's `Mutex` does when two threads meet at it; linked into the programs of `make sanitize`.
//
// On Linux a free mutex is taken and given back by atomic instructions in our own, instrumented code. A contended one goes through
// two functions of libswiftSynchronization, which is not instrumented: the sanitizer would miss that one thread waited for the
// other, and report every value that a mutex guards. These two stand in front of them and add only that order.
// Should another Swift name them otherwise, the false reports come back; nothing is hidden.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

// Weak, because the build's own tools are linked with this file as well, without a sanitizer.
__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

typedef __attribute__((swiftcall)) void lock_function(uint32_t thread, __attribute__((swift_context)) void *mutex);
typedef __attribute__((swiftcall)) void unlock_function(__attribute__((swift_context)) void *mutex);

lock_function lock_contended __asm__(LOCK);
unlock_function unlock_contended __asm__(UNLOCK);

static void *original(const char *name) {
  void *found = dlsym(RTLD_NEXT, name);
  if (!found) abort();
  return found;
}

__attribute__((swiftcall)) void lock_contended(uint32_t thread, __attribute__((swift_context)) void *mutex) {
  ((lock_function *)original(LOCK))(thread, mutex);
  if (__tsan_acquire) __tsan_acquire(mutex);
}

__attribute__((swiftcall)) void unlock_contended(__attribute__((swift_context)) void *mutex) {
  if (__tsan_release) __tsan_release(mutex);
  ((unlock_function *)original(UNLOCK))(mutex);
}
