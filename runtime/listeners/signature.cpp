#include "runtime/listeners/signature.h"

#include <dlfcn.h>

#include <array>

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace sup::listeners {

namespace {

constexpr const char* cryptography_name = "libcrypto.so.3";

struct Cryptography {
  decltype(&::HMAC) hmac = nullptr;
  decltype(&::EVP_sha256) sha256 = nullptr;
};

const Cryptography& cryptography() {
  static const Cryptography loaded = [] {
    Cryptography all;
    if (void* const handle = ::dlopen(cryptography_name, RTLD_NOW | RTLD_LOCAL)) {
      all.hmac = reinterpret_cast<decltype(all.hmac)>(::dlsym(handle, "HMAC"));
      all.sha256 = reinterpret_cast<decltype(all.sha256)>(::dlsym(handle, "EVP_sha256"));
    }
    return all;
  }();
  return loaded;
}

}  // namespace

schema::Result<std::string> hmac_sha256(std::string_view key, std::string_view message) {
  const Cryptography& crypto = cryptography();
  if (crypto.hmac == nullptr || crypto.sha256 == nullptr) {
    return schema::Error{std::string("no signature without ") + cryptography_name +
                         " (package libssl3)"};
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  const unsigned char* const made = crypto.hmac(
      crypto.sha256(), key.data(), static_cast<int>(key.size()),
      reinterpret_cast<const unsigned char*>(message.data()), message.size(), bytes.data(), &size);
  if (made == nullptr) return schema::Error{"the signature could not be made"};
  return std::string(bytes.begin(), bytes.begin() + size);
}

std::string hexadecimal(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += digits[byte >> 4U];
    text += digits[byte & 0xFU];
  }
  return text;
}

}  // namespace sup::listeners
