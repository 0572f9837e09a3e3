// Values to XML and back, and what Supervisor itself wrote.
#include "runtime/rpc/xmlrpc.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>

#include <gtest/gtest.h>

#include "runtime/rpc/writer.h"

namespace sup::rpc {
namespace {

Value make_everything() {
  Array all;
  for (const Value& number : Array{true, false, -7, 2147483647, 2.0, 1e300}) all.push_back(number);
  for (const char* text : {"a<b&c>\"'", "", " "}) all.emplace_back(text);
  all.emplace_back(Array());
  all.emplace_back(Struct());
  Struct process;
  process.push_back({"name", "web"});
  process.push_back({"status", 80});
  process.push_back({"inner", Array(2, Array(1, 5))});
  all.emplace_back(process);
  return all;
}

const Value everything = make_everything();

Value response_of(const std::string& text) {
  const schema::Result<Response> response = parse_response(text);
  EXPECT_TRUE(response) << (response ? "" : response.error().message);
  return response ? std::get<Value>(*response) : Value();
}

// Whatever there is around it, and wherever it is.
TEST(XmlRpc, EverySignIsWrittenAsItIsEscaped) {
  for (std::size_t length = 1; length <= 20; ++length) {
    for (std::size_t at = 0; at < length; ++at) {
      for (int sign = 0; sign < 256; ++sign) {
        std::string text(length, '=');
        text[at] = static_cast<char>(sign);
        std::string escaped;
        append_escaped(text, escaped);
        std::string out;
        {
          XmlWriter writer(out);
          writer.text(text);
        }
        ASSERT_EQ(out, "<value><string>" + escaped + "</string></value>\n") << sign;
      }
    }
  }
}

// Room for them is not made anew for each.
TEST(XmlRpc, ManyTextsWithSignsAreWritten) {
  const Value many = Array(500000, Value("<"));
  EXPECT_EQ(response_of(print_response(many)), many);
}

TEST(XmlRpc, ResponsesAreReadAsTheyWereWritten) {
  EXPECT_EQ(response_of(print_response(everything)), everything);
}

TEST(XmlRpc, CallsAreReadAsTheyWereWritten) {
  const Call call{
      "supervisor.startProcess", {"group:*", true, everything}
  };
  const schema::Result<Call> read = parse_call(print_call(call));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, call);
}

TEST(XmlRpc, FaultsAreReadAsTheyWereWritten) {
  const schema::Result<Response> read = parse_response(print_fault({10, "BAD_NAME: a&b"}));
  ASSERT_TRUE(read);
  EXPECT_EQ(std::get<Fault>(*read), (Fault{10, "BAD_NAME: a&b"}));
}

TEST(XmlRpc, WritesAsPythonDoes) {
  Struct pair;
  pair.push_back({"a", 2.0});
  pair.push_back({"b", true});
  EXPECT_EQ(print_response(pair),
            "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value><struct>\n"
            "<member>\n<name>a</name>\n<value><double>2.0</double></value>\n</member>\n"
            "<member>\n<name>b</name>\n<value><boolean>1</boolean></value>\n</member>\n"
            "</struct></value>\n</param>\n</params>\n</methodResponse>\n");
  EXPECT_EQ(print_call({"m", {}}),
            "<?xml version='1.0'?>\n<methodCall>\n<methodName>m</methodName>\n"
            "<params>\n</params>\n</methodCall>\n");
}

std::string call_with(const std::string& value) {
  return "<methodCall><methodName>m</methodName><params><param><value>" + value +
         "</value></param></params></methodCall>";
}

Value parameter(const std::string& value) {
  const schema::Result<Call> call = parse_call(call_with(value));
  return call && call->parameters.size() == 1 ? call->parameters[0] : Value("unreadable");
}

TEST(XmlRpc, TakesWhatClientsWrite) {
  EXPECT_EQ(parameter("plain"), Value("plain"));
  EXPECT_EQ(parameter("<i4> +5 </i4>"), Value(5));
  EXPECT_EQ(parameter("<boolean>1</boolean>"), Value(true));
  EXPECT_EQ(parameter("<boolean>yes</boolean>"), Value(false));
  EXPECT_EQ(parameter("<base64>aGVs\nbG8=</base64>"), Value("hello"));
  EXPECT_EQ(parameter("<nil/>"), Value());
  EXPECT_EQ(parameter("<string>&#228;&lt;</string>"), Value("\xC3\xA4<"));
  EXPECT_EQ(parameter("<string><![CDATA[<&>]]></string>"), Value("<&>"));
  EXPECT_EQ(parameter("\n <int>5</int>\n "), Value(5));
  EXPECT_EQ(parameter("<unheard>x</unheard>"), Value("x"));
  EXPECT_EQ(parameter("<int>99999999999999999999</int>"),
            Value(std::numeric_limits<std::int64_t>::max()));
  EXPECT_EQ(parameter("<i8> -99999999999999999999 </i8>"),
            Value(std::numeric_limits<std::int64_t>::min()));
}

TEST(XmlRpc, RefusesWhatIsNone) {
  EXPECT_FALSE(parse_call(""));
  EXPECT_FALSE(parse_call("<methodCall>"));
  EXPECT_FALSE(parse_call("<methodCall><methodName/></methodCall>"));
  EXPECT_FALSE(parse_call(call_with("<int>five</int>")));
  EXPECT_FALSE(parse_call(call_with("<int>99999999999999999999x</int>")));
  EXPECT_FALSE(parse_response("<methodResponse/>"));
  EXPECT_FALSE(parse_response("<methodResponse><fault/></methodResponse>"));
}

TEST(XmlRpc, DeepNestingIsRefused) {
  std::string open;
  std::string closed;
  for (int i = 0; i < 100000; ++i) {
    open += "<value><array><data>";
    closed += "</data></array></value>";
  }
  EXPECT_FALSE(parse_call(call_with("<array><data>" + open + closed + "</data></array>")));
}

// The largest body that a server takes.
constexpr std::size_t large = std::size_t{8} << 20;

std::string repeated(std::string_view piece, std::size_t size = large) {
  std::string text;
  text.reserve(size + piece.size());
  while (text.size() < size) text += piece;
  return text;
}

// Pieces that differ, as `make` makes them of numbers.
template <class Make>
std::string numbered(const Make& make) {
  std::string text;
  for (std::size_t i = 0; text.size() < large; ++i) text += make(std::to_string(i));
  return text;
}

// Whoever is not let in can send them. What looks at a byte more than a few times takes hours.
TEST(XmlRpc, LargeCallsAreReadInOneGo) {
  const std::string_view head = "<methodCall><methodName>m</methodName>";
  const auto within = [&](const std::string& text) {
    return parse_call(std::string(head) + text + "</methodCall>");
  };
  EXPECT_TRUE(within("<x><![CDATA[" + repeated("&") + "]]></x>"));
  EXPECT_TRUE(within("<x>" + repeated("<![CDATA[&;]]>") + "</x>"));
  EXPECT_FALSE(within("<x>" + repeated("<![CDATA[") + "</x>"));
  EXPECT_FALSE(within("<x>" + repeated("&") + "</x>"));
  EXPECT_FALSE(within("<x>" + repeated("&#") + "</x>"));
  EXPECT_FALSE(within("<x>&#" + repeated("1") + ";</x>"));
  EXPECT_TRUE(within("<x>" + repeated("&amp;") + "</x>"));
  EXPECT_TRUE(within("<x>" + repeated("&#0000065;") + "</x>"));
  EXPECT_TRUE(within("<!--" + repeated(" -") + "x-->"));
  EXPECT_TRUE(within(repeated("<!---->")));
  EXPECT_TRUE(within(repeated("<?a?>")));
  EXPECT_FALSE(within(repeated("<!--")));
  EXPECT_FALSE(within(repeated("<?")));
  EXPECT_FALSE(within(repeated("<a")));
  EXPECT_FALSE(within(repeated("<a ")));
  EXPECT_FALSE(within(repeated("<a>")));
  EXPECT_FALSE(within(repeated("</a>")));
  EXPECT_TRUE(within(repeated("<a/>")));
  EXPECT_TRUE(within(numbered([](const std::string& n) { return "<a" + n + "/>"; })));
  EXPECT_FALSE(
      within("<x " + numbered([](const std::string& n) { return " a" + n + "=''"; }) + "/>"));
  EXPECT_FALSE(within("<x " + repeated(" a=''") + "/>"));
  EXPECT_FALSE(within("<x a=\"" + repeated("'") + "/>"));
  const std::string half = repeated("<a>", large / 2);
  EXPECT_TRUE(within(half + repeated("</a>", half.size() / 3 * 4)));
}

TEST(XmlRpc, LargeValuesAreReadInOneGo) {
  EXPECT_TRUE(parameter(repeated("x")).is<std::string>());
  EXPECT_EQ(parameter("x" + repeated("<!---->") + "y"), Value("xy"));
  EXPECT_TRUE(parameter("<base64>" + repeated("QUJD") + "</base64>").is<std::string>());
  EXPECT_EQ(parameter("<int>" + repeated("1") + "</int>"), Value("unreadable"));
  EXPECT_TRUE(parameter("<double>0." + repeated("1") + "</double>").is<double>());
  EXPECT_EQ(parameter("<dateTime.iso8601>" + repeated("1") + "</dateTime.iso8601>"),
            Value("unreadable"));
  const Value many = parameter("<array><data>" + repeated("<value/>") + "</data></array>");
  ASSERT_TRUE(many.is<Array>());
  EXPECT_EQ(many.get<Array>()->size(), large / 8);
  EXPECT_TRUE(parse_call("<methodCall><methodName>m</methodName><params>" +
                         repeated("<param><value/></param>") + "</params></methodCall>"));
}

TEST(XmlRpc, LargeStructsAreReadInOneGo) {
  const auto member = [](const std::string& name) {
    return "<member><name>" + name + "</name><value>" + name + "</value></member>";
  };
  const Value distinct = parameter("<struct>" + numbered(member) + "</struct>");
  ASSERT_TRUE(distinct.is<Struct>());
  EXPECT_EQ(distinct.get<Struct>()->at(4711), (Member{"4711", "4711"}));
  const Value alike = parameter("<struct>" + repeated(member("a")) + "</struct>");
  EXPECT_EQ(alike, Value(Struct(1, Member{"a", "a"})));
}

// As in a Python dictionary.
TEST(XmlRpc, TheLastMemberOfANameCounts) {
  std::string members;
  Struct expected;
  for (const char* one : {"b1", "a1", "b2", "c1", "a2", "b3"}) {
    const std::string name(1, *one);
    members += "<member><name>" + name + "</name><value>" + one + "</value></member>";
  }
  expected.push_back({"b", "b3"});
  expected.push_back({"a", "a2"});
  expected.push_back({"c", "c1"});
  EXPECT_EQ(parameter("<struct>" + members + "</struct>"), Value(expected));
}

// A parser that is lenient stands behind it.
TEST(XmlRpc, RefusesWhatIsNotWellFormed) {
  const std::string good = call_with("x");
  EXPECT_TRUE(parse_call(good));
  EXPECT_TRUE(parse_call("\xEF\xBB\xBF<?xml version='1.0'?>\n<!-- a --> " + good + "\n<?b?>\n"));
  EXPECT_TRUE(parse_call(call_with("<string a = \"'>\" b='\"&#x41;' ></string >")));
  EXPECT_TRUE(parse_call(call_with("<![CDATA[<!DOCTYPE & ]] >]]>")));
  EXPECT_FALSE(parse_call(good + "junk"));
  EXPECT_FALSE(parse_call("junk" + good));
  EXPECT_FALSE(parse_call(good + "<b/>"));
  EXPECT_FALSE(parse_call(good + "&amp;"));
  EXPECT_FALSE(parse_call(good + "<![CDATA[]]>"));
  EXPECT_FALSE(parse_call("<!DOCTYPE a>" + good));
  EXPECT_FALSE(parse_call("<!doctype a>" + good));
  for (const char* text : {"&#0;",
                           "&#8;",
                           "&#xD800;",
                           "&#xDFFF;",
                           "&#xFFFE;",
                           "&#x110000;",
                           "&#99999999999;",
                           "&#xZZ;",
                           "&#x;",
                           "&#;",
                           "&#X41;",
                           "&#-1;",
                           "&;",
                           "&foo;",
                           "&",
                           "a & b;",
                           "\x1B",
                           "\x01",
                           "]]>",
                           "\xEF\xBF\xBF",
                           "<!-- -- -->",
                           "<!ELEMENT a>",
                           "<a b='1' b='2'/>",
                           "<a b=1/>",
                           "<a b/>",
                           "<a b='<'/>",
                           "<a b='&x;'/>",
                           "<a b='1'c='2'/>",
                           "< a/>",
                           "<a b='1/>"}) {
    EXPECT_FALSE(parse_call(call_with(text))) << text;
  }
  EXPECT_FALSE(parse_call(call_with(std::string("a\0b", 3))));
  for (const char* text :
       {"&#9;", "&#10;", "&#x41;", "&#xd7ff;", "&#xE000;", "&#x10FFFF;", "&apos;"}) {
    EXPECT_TRUE(parse_call(call_with(text))) << text;
  }
}

// Each answer that Supervisor gave is written as it wrote it.
TEST(XmlRpc, SamplesStayTheSame) {
  const std::filesystem::path folder = std::filesystem::path(SUP_REFERENCE) / "samples" / "rpc";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no reference";
  int compared = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(".resp.xml")) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!text.starts_with("<?xml")) continue;  // an error page
    const schema::Result<Response> response = parse_response(text);
    ASSERT_TRUE(response) << name << ": " << response.error().message;
    const Fault* fault = std::get_if<Fault>(&*response);
    EXPECT_EQ(fault != nullptr ? print_fault(*fault) : print_response(std::get<Value>(*response)),
              text)
        << name;
    ++compared;
  }
  EXPECT_GT(compared, 100);
}

}  // namespace
}  // namespace sup::rpc
