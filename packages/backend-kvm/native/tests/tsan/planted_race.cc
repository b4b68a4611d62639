// Two threads write to one variable: a working ThreadSanitizer ends this program with 66.
#include <thread>

int main() {
  int shared = 0;
  std::thread other([&] { shared = 1; });
  shared = 2;
  other.join();
  return shared > 2;
}
