// Threads that take turns by a mutex and a condition variable, with thread-local data.
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

enum { THREADS = 4, ROUNDS = 50 };
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int turn;
static long sum;
static __thread long own = 5;

static void *work(void *argument) {
  long id = (long)argument;
  for (int i = 0; i < ROUNDS; i++) {
    pthread_mutex_lock(&mutex);
    while (turn % THREADS != id) pthread_cond_wait(&changed, &mutex);
    turn++;
    sum += id * i;
    own += i + id;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
  }
  return (void *)own;
}

int main(void) {
  pthread_t threads[THREADS];
  for (long i = 0; i < THREADS; i++)
    if (pthread_create(&threads[i], NULL, work, (void *)i) != 0) return 1;
  for (int i = 0; i < THREADS; i++) {
    void *result;
    pthread_join(threads[i], &result);
    printf("joined %d %ld\n", i, (long)result);
  }
  printf("turn %d sum %ld own %ld\n", turn, sum, own);
  struct timespec end;
  clock_gettime(CLOCK_REALTIME, &end);
  end.tv_sec += (end.tv_nsec + 20000000) / 1000000000;
  end.tv_nsec = (end.tv_nsec + 20000000) % 1000000000;
  pthread_mutex_lock(&mutex);
  printf("timed out %d\n", pthread_cond_timedwait(&changed, &mutex, &end) == ETIMEDOUT);
  return 0;
}
