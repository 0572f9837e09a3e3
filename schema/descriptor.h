#pragma once

namespace sup::schema {

// A file that is closed on every way out; negative: none.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}

  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  ~Descriptor();

  int get() const { return number_; }

 private:
  int number_;
};

}  // namespace sup::schema
