//! A client of rust-analyzer: one file of one crate, and questions about places in it.

use lsp_server::{Message, Notification, Request, RequestId, Response};
use serde_json::{Value, json};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use tempfile::TempDir;

/// The mark of the cursor in a text.
const CURSOR: char = '¦';

/// What the server may answer while it still reads the text anew: ask again.
const CONTENT_MODIFIED: i32 = -32801;

/// A running rust-analyzer with a crate that depends on `jobmon`.
pub(crate) struct Editor {
    server: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    directory: TempDir,
    requests: i32,
    version: i32,
    quiescent: bool,
}

impl Drop for Editor {
    fn drop(&mut self) {
        // It may have ended by itself, which a question has told then.
        self.server.kill().ok();
        self.server.wait().ok();
    }
}

/// The program to start, or `None` where there is none.
pub(crate) fn rust_analyzer() -> Option<PathBuf> {
    let named = std::env::var_os("RUST_ANALYZER").map(PathBuf::from);
    let program = named.unwrap_or_else(|| PathBuf::from("rust-analyzer"));
    // The proxy of rustup answers with an error where the component is not installed.
    let answers = Command::new(&program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    answers.is_ok_and(|status| status.success()).then_some(program)
}

impl Editor {
    /// Starts the server on a new crate and waits until it has read all of it.
    pub(crate) fn start(program: &Path) -> Self {
        let directory = TempDir::new().unwrap();
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let manifest = format!(
            "[package]\nname = \"guide\"\nedition = \"2024\"\n[workspace]\n[dependencies]\njobmon = {{ path = '{}' }}\n",
            workspace.join("jobmon").display()
        );
        std::fs::create_dir(directory.path().join("src")).unwrap();
        std::fs::write(directory.path().join("Cargo.toml"), manifest).unwrap();
        std::fs::copy(workspace.join("Cargo.lock"), directory.path().join("Cargo.lock")).unwrap();
        std::fs::write(directory.path().join("src/main.rs"), "fn main() {}\n").unwrap();
        let mut server = Command::new(program)
            .env("CARGO_TARGET_DIR", workspace.join("target/editor"))
            .current_dir(directory.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let input = server.stdin.take().unwrap();
        let output = BufReader::new(server.stdout.take().unwrap());
        let mut editor = Self { server, input, output, directory, requests: 0, version: 0, quiescent: false };
        editor.initialize();
        editor
    }

    fn initialize(&mut self) {
        let answer = self.ask(
            "initialize",
            &json!({
                "processId": null,
                "rootUri": format!("file://{}", self.directory.path().display()),
                "capabilities": {
                    "experimental": { "serverStatusNotification": true },
                    "general": { "positionEncodings": ["utf-8"] },
                    "textDocument": { "completion": { "completionItem": { "documentationFormat": ["plaintext"] } } },
                },
                "initializationOptions": { "checkOnSave": false, "cachePriming": { "enable": false } },
            }),
        );
        assert_eq!(answer["capabilities"]["positionEncoding"], "utf-8");
        self.tell("initialized", json!({}));
        self.tell(
            "textDocument/didOpen",
            json!({ "textDocument": { "uri": self.uri(), "languageId": "rust", "version": 0, "text": "fn main() {}\n" } }),
        );
        while !self.quiescent {
            self.hear();
        }
    }

    fn uri(&self) -> String {
        format!("file://{}/src/main.rs", self.directory.path().display())
    }

    /// Makes this the text of the file; gives the place of the cursor in it.
    pub(crate) fn write(&mut self, text: &str) -> Value {
        let at = text.find(CURSOR).unwrap_or(0);
        let before = &text[..at];
        let line = before.matches('\n').count();
        let character = at - before.rfind('\n').map_or(0, |newline| newline + 1);
        self.version += 1;
        self.tell(
            "textDocument/didChange",
            json!({
                "textDocument": { "uri": self.uri(), "version": self.version },
                "contentChanges": [{ "text": text.replace(CURSOR, "") }],
            }),
        );
        json!({ "textDocument": { "uri": self.uri() }, "position": { "line": line, "character": character } })
    }

    /// What completes the text at the cursor, each with its documentation.
    pub(crate) fn complete(&mut self, text: &str) -> Vec<(String, String)> {
        let place = self.write(text);
        let answer = self.ask("textDocument/completion", &place);
        let items = answer["items"].as_array().or(answer.as_array()).cloned().unwrap_or_default();
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let documentation = |item: &Value| word(item["documentation"].get("value").unwrap_or(&item["documentation"]));
        items.iter().map(|item| (word(&item["label"]), documentation(item))).collect()
    }

    /// The line of the file on which what stands at the cursor is declared.
    pub(crate) fn definition(&mut self, text: &str) -> Option<String> {
        let place = self.write(text);
        let answer = self.ask("textDocument/definition", &place);
        let range = answer.get(0)?.get("range").or(answer.get(0)?.get("targetSelectionRange"))?;
        let line = usize::try_from(range["start"]["line"].as_u64()?).ok()?;
        text.replace(CURSOR, "").lines().nth(line).map(|line| line.trim().to_owned())
    }

    /// The text after what stands at the cursor got another name.
    pub(crate) fn rename(&mut self, text: &str, name: &str) -> String {
        let mut place = self.write(text);
        place["newName"] = json!(name);
        let answer = self.ask("textDocument/rename", &place);
        let documents = &answer["documentChanges"];
        let edits = documents.get(0).map_or(&answer["changes"][self.uri()], |document| &document["edits"]);
        let mut edits = edits.as_array().cloned().unwrap_or_default();
        let start = |edit: &Value| {
            let start = &edit["range"]["start"];
            (start["line"].as_u64().unwrap(), start["character"].as_u64().unwrap())
        };
        edits.sort_by_key(start);
        let mut renamed = text.replace(CURSOR, "");
        for edit in edits.iter().rev() {
            let (from, to) = (offset(&renamed, &edit["range"]["start"]), offset(&renamed, &edit["range"]["end"]));
            renamed.replace_range(from..to, edit["newText"].as_str().unwrap());
        }
        renamed
    }

    /// What the editor underlines in this text.
    pub(crate) fn mistakes(&mut self, text: &str) -> Vec<String> {
        self.write(text);
        let document = json!({ "textDocument": { "uri": self.uri() } });
        let answer = self.ask("textDocument/diagnostic", &document);
        let items = answer["items"].as_array().cloned().unwrap_or_default();
        items.iter().map(|item| item["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    fn tell(&mut self, method: &str, params: Value) {
        Message::Notification(Notification::new(method.to_owned(), params)).write(&mut self.input).unwrap();
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        loop {
            self.requests += 1;
            let id = RequestId::from(self.requests);
            let request = Request::new(id.clone(), method.to_owned(), params.clone());
            Message::Request(request).write(&mut self.input).unwrap();
            let response = loop {
                if let Some(response) = self.hear().filter(|response| response.id == id) {
                    break response;
                }
            };
            match response.response_result {
                Ok(value) => return value,
                Err(error) if error.code == CONTENT_MODIFIED => {}
                Err(error) => panic!("{method}: {} ({})", error.message, error.code),
            }
        }
    }

    /// Takes one message of the server; gives it if it is an answer.
    fn hear(&mut self) -> Option<Response> {
        match Message::read(&mut self.output).unwrap().expect("rust-analyzer has ended") {
            Message::Response(response) => return Some(response),
            Message::Request(asked) => {
                // A progress bar, a capability, a configuration: nothing that a question here depends on.
                Message::Response(Response::new_ok(asked.id, Value::Null)).write(&mut self.input).unwrap();
            }
            Message::Notification(told) if told.method == "experimental/serverStatus" => {
                self.quiescent = told.params["quiescent"] == true;
            }
            Message::Notification(_) => {}
        }
        None
    }
}

fn offset(text: &str, position: &Value) -> usize {
    let [line, character] =
        ["line", "character"].map(|part| usize::try_from(position[part].as_u64().unwrap()).unwrap());
    let before: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    before + character
}
