// SPDX-License-Identifier: MIT
#include "xml/parser.h"

#include <libxml/SAX2.h>
#include <libxml/dict.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>

#include <algorithm>
#include <climits>
#include <cstring>

#include "base/text.h"
#include "xml/writer.h"

namespace rosterd::xml {
namespace {

constexpr std::string_view kStreamsNamespace = "http://etherx.jabber.org/streams";

// libxml2 never forgets a name it has seen; beyond this a context is thrown away.
constexpr int kDictEntries = 4000;
constexpr std::size_t kDictBytes = 1024 * 1024;

std::string_view view(const xmlChar* text) {
  return text ? std::string_view(reinterpret_cast<const char*>(text)) : std::string_view();
}

std::string first_line(const char* message) {
  const std::string_view text = message ? message : "";
  return std::string(text.substr(0, text.find('\n')));
}

// How libxml2 lays out the attributes of a start tag: five pointers each.
struct SaxAttribute {
  const xmlChar* name;
  const xmlChar* prefix;
  const xmlChar* ns;
  const xmlChar* value;
  const xmlChar* value_end;
};

}  // namespace

// One libxml2 push parser that stands inside an open root element and is fed whole elements. After
// any error it must be thrown away: libxml2 is not asked to go on.
class Parser::Context {
 public:
  // `root` is a start tag, whose namespaces the elements inherit; "" = none yet, so that what is
  // fed next is the root.
  Context(std::string_view root, Document& document) : document_(document) {
    static const xmlSAXHandler handler = make_handler();
    // The handler is copied; its type is not const in libxml2's interface.
    auto* const unconst = const_cast<xmlSAXHandler*>(&handler);
    context_ = xmlCreatePushParserCtxt(unconst, this, nullptr, 0, nullptr);
    if (!context_) {
      fail("out of memory");
      return;
    }
    // OLD10: the names of XML 1.0's fourth edition, as expat has them; others would be accepted
    // here and would kill the stream of the client they are forwarded to. NOENT: without it "&amp;"
    // in an attribute is reported as "&#38;"; there are no other entities, as there are no DTDs.
    xmlCtxtUseOptions(context_, XML_PARSE_NONET | XML_PARSE_OLD10 | XML_PARSE_NOENT);
    feed(root);
    root_depth_ = depth_;
  }
  ~Context() {
    if (context_) xmlFreeParserCtxt(context_);
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // One whole element. False: see error().
  bool parse_element(std::string_view bytes) {
    ended_ = 0;
    feed(bytes);
    if (!failed() && (depth_ != root_depth_ || ended_ != 1 || !consumed())) fail("not one element");
    return !failed();
  }

  // A start tag alone, as the root. False: see error().
  bool parse_start_tag(std::string_view bytes) {
    feed(bytes);
    if (!failed() && (depth_ != 1 || !consumed())) fail("not one start tag");
    return !failed();
  }

  bool failed() const { return !error_.empty(); }
  const std::string& error() const { return error_; }
  bool worn_out() const {
    return xmlDictSize(context_->dict) > kDictEntries ||
           xmlDictGetUsage(context_->dict) > kDictBytes;
  }
  // Of the last parse_start_tag().
  const std::string& root_prefix() const { return root_prefix_; }
  const std::string& root_default_ns() const { return root_default_ns_; }

 private:
  void feed(std::string_view bytes) {
    if (failed() || bytes.empty()) return;
    if (bytes.size() > INT_MAX) return fail("too big");
    xmlParseChunk(context_, bytes.data(), static_cast<int>(bytes.size()), 0);
    if (!failed() && (!context_->wellFormed || context_->disableSAX)) fail("not well-formed");
  }

  bool consumed() const { return context_->input && context_->input->cur == context_->input->end; }

  void fail(std::string_view why) {
    if (!failed()) error_ = why.empty() ? "not well-formed" : why;
    if (context_) xmlStopParser(context_);
  }

  void start(std::string_view name, std::string_view prefix, std::string_view ns) {
    ++depth_;
    if (depth_ == 1) root_prefix_ = prefix;
    document_.start_element(name, ns);
  }

  static Context& from(void* user) { return *static_cast<Context*>(user); }
  static xmlSAXHandler make_handler();

  static void on_start(void* user, const xmlChar* name, const xmlChar* prefix, const xmlChar* ns,
                       int ns_count, const xmlChar** namespaces, int attribute_count,
                       int defaulted_count, const xmlChar** attributes);
  static void on_end(void* user, const xmlChar* name, const xmlChar* prefix, const xmlChar* ns);
  static void on_text(void* user, const xmlChar* text, int size);
  static void on_cdata(void* user, const xmlChar* text, int size);
  static void on_comment(void* user, const xmlChar* text);
  static void on_instruction(void* user, const xmlChar* target, const xmlChar* data);
  static void on_doctype(void* user, const xmlChar* name, const xmlChar* id, const xmlChar* uri);
  static void on_reference(void* user, const xmlChar* name);
  static void on_error(void* user, xmlErrorPtr error);

  xmlParserCtxtPtr context_ = nullptr;
  Document& document_;
  int depth_ = 0;
  int root_depth_ = 0;
  int ended_ = 0;  // elements directly inside the root that ended in this feed
  std::string root_prefix_;
  std::string root_default_ns_;
  std::string error_;
};

xmlSAXHandler Parser::Context::make_handler() {
  xmlInitParser();
  xmlSAXHandler handler{};
  handler.initialized = XML_SAX2_MAGIC;
  handler.startElementNs = on_start;
  handler.endElementNs = on_end;
  handler.characters = on_text;
  handler.ignorableWhitespace = on_text;
  handler.cdataBlock = on_cdata;
  handler.comment = on_comment;
  handler.processingInstruction = on_instruction;
  handler.internalSubset = on_doctype;
  handler.reference = on_reference;
  handler.serror = on_error;
  return handler;
}

void Parser::Context::on_start(void* user, const xmlChar* name, const xmlChar* prefix,
                               const xmlChar* ns, int ns_count, const xmlChar** namespaces,
                               int attribute_count, int /*defaulted_count*/,
                               const xmlChar** attributes) {
  Context& self = from(user);
  if (self.failed()) return;
  if (self.ended_ > 0) return self.fail("more than one element");
  self.start(view(name), view(prefix), view(ns));
  if (self.depth_ == 1) {
    for (int i = 0; i < ns_count; ++i) {
      if (!namespaces[2 * i]) self.root_default_ns_ = view(namespaces[2 * i + 1]);
    }
  }
  for (int i = 0; i < attribute_count; ++i) {
    SaxAttribute one;
    std::memcpy(&one, attributes + 5 * i, sizeof one);
    const std::string_view value(reinterpret_cast<const char*>(one.value),
                                 static_cast<std::size_t>(one.value_end - one.value));
    self.document_.add_attribute(view(one.name), view(one.ns), value);
  }
}

void Parser::Context::on_end(void* user, const xmlChar* /*name*/, const xmlChar* /*prefix*/,
                             const xmlChar* /*ns*/) {
  Context& self = from(user);
  if (self.failed()) return;
  if (--self.depth_ == self.root_depth_) ++self.ended_;
  if (self.depth_ < self.root_depth_) return self.fail("end tag of the stream");
  self.document_.end_element();
}

void Parser::Context::on_text(void* user, const xmlChar* text, int size) {
  Context& self = from(user);
  if (self.failed()) return;
  if (self.depth_ <= self.root_depth_) return self.fail("text between stanzas");
  self.document_.add_text({reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)});
}

// Here alone libxml2's push parser takes overlong UTF-8.
void Parser::Context::on_cdata(void* user, const xmlChar* text, int size) {
  const std::string_view bytes(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
  if (!text::is_xml_text(bytes)) return from(user).fail("CDATA that is no XML text");
  on_text(user, text, size);
}

// The framer lets none of these through; nothing may depend on that.
void Parser::Context::on_comment(void* user, const xmlChar*) { from(user).fail("comment"); }

void Parser::Context::on_instruction(void* user, const xmlChar*, const xmlChar*) {
  from(user).fail("processing instruction");
}

void Parser::Context::on_doctype(void* user, const xmlChar*, const xmlChar*, const xmlChar*) {
  from(user).fail("document type declaration");
}

void Parser::Context::on_reference(void* user, const xmlChar*) { from(user).fail("entity"); }

void Parser::Context::on_error(void* user, xmlErrorPtr error) {
  // An xmlns value that is no URI, or a relative one: expat and with it other servers take it.
  if (error->domain == XML_FROM_NAMESPACE &&
      (error->code == XML_WAR_NS_URI || error->code == XML_WAR_NS_URI_RELATIVE)) {
    return;
  }
  if (error->level == XML_ERR_WARNING) return;
  from(user).fail(first_line(error->message));
}

Parser::Parser() = default;
Parser::~Parser() = default;

Result<Element> Parser::parse_stanza(std::string_view bytes, std::string_view content_ns) {
  if (!context_ || context_->worn_out() || content_ns != content_ns_) {
    std::string root = "<stream:stream xmlns='";
    append_escaped_attribute(root, content_ns);
    root.append("' xmlns:stream='").append(kStreamsNamespace).append("'>");
    document_.clear();
    context_ = std::make_unique<Context>(root, document_);
    content_ns_ = content_ns;
  }
  document_.clear();
  if (context_->parse_element(bytes)) return document_.root();
  std::string why = context_->error();
  context_.reset();
  document_.clear();
  return make_error(Errc::kInvalid, std::move(why));
}

Result<StreamHeader> Parser::parse_header(std::string_view bytes) {
  // The framer has judged the declaration; libxml2 would obey any encoding it names.
  if (bytes.starts_with("<?xml")) {
    const std::size_t end = bytes.find("?>");
    bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 2);
  }
  bytes.remove_prefix(std::min(bytes.find('<'), bytes.size()));
  Document document;
  Context context("", document);
  if (!context.parse_start_tag(bytes)) return make_error(Errc::kInvalid, context.error());
  const Element root = document.root();
  if (root.first_child() || !root.text().empty()) {
    return make_error(Errc::kInvalid, "not one start tag");
  }
  StreamHeader header;
  header.name = root.name();
  header.ns = root.ns();
  header.content_ns = context.root_default_ns();
  header.prefix = context.root_prefix();
  header.from = root.attr("from");
  header.to = root.attr("to");
  header.version = root.attr("version");
  header.id = root.attr("id");
  header.lang = root.lang();
  return header;
}

}  // namespace rosterd::xml
