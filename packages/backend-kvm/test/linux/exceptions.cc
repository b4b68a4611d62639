// C++ exceptions, iostreams and containers.
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>

struct noisy {
  ~noisy() { std::cout << "unwound\n"; }
};

static int depth(int n) {
  noisy one;
  if (n == 0) throw std::runtime_error("bottom");
  return depth(n - 1) + 1;
}

int main() {
  try {
    depth(3);
  } catch (const std::exception &error) {
    std::cout << error.what() << '\n';
  }
  std::map<std::string, int> words;
  for (std::string word; std::cin >> word;) words[word]++;
  for (const auto &[word, count] : words) std::cout << word << ' ' << count << '\n';
  throw 5;
}
