// Memory that is about to be written from end to end.
#pragma once

#include <cstddef>

namespace sup::schema {

// Has the pages of very much memory before they are touched, by two threads. A page that is found
// when it is touched for the first time takes longer than what is then done with it, most of all
// where the machine is a guest whose host has to find it, too. Less memory is left alone, and so is
// all of it with one processor, or where the kernel does not know how to (before Linux 5.14).
void have_memory(void* begin, std::size_t bytes);

// Very much memory that will be used from its beginning on, maybe not to its end: in pages of
// 2 MB, where there are any. Finding the place of a small page takes a guest twice the steps.
void prefer_large_pages(void* begin, std::size_t bytes);

// For programs that take much memory in small pieces and end soon: it is asked of the system in
// large steps. What a second thread allocates else costs a system call for each page. What is not
// used of a step is not touched. Called before the first thread is made.
void take_memory_in_large_steps();

}  // namespace sup::schema
