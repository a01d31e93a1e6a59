#define _GNU_SOURCE
#include "processor_probe.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/// One at a time: two calls would each take the other's environment for the first.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int same_name(const char *one, const char *other) {
  size_t length = strcspn(one, "=");
  return strncmp(one, other, length + 1) == 0;
}

static int replaced(const char *variable, const char *const *additions) {
  for (size_t i = 0; additions[i]; i++) {
    if (same_name(additions[i], variable)) return 1;
  }
  return 0;
}

/// The process' environment with the additions in place of variables of the same name; null without memory.
static char **extended(char **present, const char *const *additions) {
  size_t count = 1;
  for (size_t i = 0; present && present[i]; i++) count++;
  for (size_t i = 0; additions[i]; i++) count++;
  char **all = calloc(count, sizeof *all);
  if (!all) return NULL;
  size_t end = 0;
  for (size_t i = 0; present && present[i]; i++) {
    if (!replaced(present[i], additions)) all[end++] = present[i];
  }
  for (size_t i = 0; additions[i]; i++) {
    all[end] = strdup(additions[i]);
    if (all[end]) end++;
  }
  return all;
}

/// Removes the additions where another thread has made an environment of its own from ours, or the library one.
static void withdraw(const char *const *additions) {
  for (size_t i = 0; additions[i]; i++) {
    char *name = strndup(additions[i], strcspn(additions[i], "="));
    if (name) unsetenv(name);
    free(name);
  }
}

/// Kept for ever, as others may be reading them.
static char **environments[64];
static size_t environment_count;

void *processor_probe_open(const char *library, int flags, const char *const *additions) {
  pthread_mutex_lock(&lock);
  char **first = environ;
  char **second = additions[0] ? extended(first, additions) : NULL;
  if (second) {
    if (environment_count < sizeof environments / sizeof *environments) environments[environment_count++] = second;
    __atomic_store_n(&environ, second, __ATOMIC_RELEASE);
  }
  void *handle = dlopen(library, flags);
  if (second) {
    if (environ == second)
      __atomic_store_n(&environ, first, __ATOMIC_RELEASE);
    else
      withdraw(additions);
  }
  pthread_mutex_unlock(&lock);
  return handle;
}

const char *processor_probe_file(const void *address) {
  Dl_info found;
  return dladdr(address, &found) ? found.dli_fname : NULL;
}
