// A plan bound to a machine, and its parts, as CBOR: what a daemon that runs hands to the one that
// takes its place. Unlike plan.bin it is no format for files: it is written and read on one machine
// within moments, holds secrets, and is only as stable as the option table.
//
// Options travel as the canonical text of their row, left out where they have their default.
#pragma once

#include "schema/cbor.h"
#include "schema/instantiate.h"

namespace sup::schema {

void write_resolved(CborWriter& out, const Resolved& resolved);
void write_group(CborWriter& out, const Group& group);
void write_process(CborWriter& out, const Process& process);
void write_daemon_options(CborWriter& out, const SupervisordOptions& options);

// They throw CborError for what is damaged or of another version.
Resolved read_resolved(CborReader& in);
Group read_group(CborReader& in);
Process read_process(CborReader& in);
SupervisordOptions read_daemon_options(CborReader& in);

}  // namespace sup::schema
