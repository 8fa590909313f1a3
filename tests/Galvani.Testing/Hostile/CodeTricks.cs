namespace Galvani.Testing.Hostile;

/// <summary>Files that make Python run something while it loads them: by every opcode that calls, with the gadgets that are in use. The commands are harmless.</summary>
internal static class CodeTricks
{
    private static readonly (string Module, string Name)[] Gadgets =
    [
        ("os", "system"), ("posix", "system"), ("nt", "system"), ("os", "popen"), ("subprocess", "Popen"), ("subprocess", "check_output"), ("builtins", "eval"), ("builtins", "exec"),
        ("builtins", "compile"), ("builtins", "open"), ("builtins", "getattr"), ("builtins", "__import__"), ("__builtin__", "eval"), ("importlib", "import_module"), ("runpy", "run_path"),
        ("runpy", "_run_code"), ("pty", "spawn"), ("shutil", "rmtree"), ("socket", "create_connection"), ("webbrowser", "open"), ("pickle", "loads"), ("_pickle", "loads"), ("marshal", "loads"),
        ("types", "FunctionType"), ("types", "CodeType"), ("operator", "attrgetter"), ("operator", "methodcaller"), ("timeit", "timeit"), ("bdb", "Bdb.run"), ("pdb", "run"), ("code", "interact"),
        ("ctypes", "CDLL"), ("pip", "main"), ("pydoc", "pipepager"), ("cProfile", "run"), ("doctest", "debug_script"), ("uuid", "_get_command_stdout"), ("ensurepip", "_run_pip"),
        ("imaplib", "IMAP4_stream"), ("logging.config", "listen"), ("sqlite3", "connect"), ("numpy.testing._private.utils", "runstring"), ("numpy.f2py.crackfortran", "myeval"),
        ("torch.hub", "load"), ("torch.serialization", "load"), ("torch.utils.collect_env", "run"), ("torch.jit.unsupported_tensor_ops", "execWrapper"), ("torch._inductor.codecache", "compile_file"),
        ("lib2to3.pgen2.grammar", "Grammar.loads"), ("asyncio.unix_events", "_UnixSubprocessTransport._start"), ("distutils.file_util", "write_file"), ("requests.api", "get"), ("joblib", "load"),
    ];

    public static IEnumerable<Trick> All()
    {
        foreach (var (module, name) in Gadgets)
            yield return Call($"call-{module}.{name}.pt", Canonical(module, name), pickle => pickle.Global(module, name).Op('(').Text("true").Op("tR"));
        yield return Call("call-unknown-module.pt", "some.code.Thing", pickle => pickle.Global("some.code", "Thing").Op(")R")) with { IsDangerous = false };
        yield return Call("opcode-inst.pt", "os.system", pickle => pickle.Op('(').Text("true").Op("ios\nsystem\n"));
        yield return Call("opcode-obj.pt", "os.system", pickle => pickle.Op('(').Global("os", "system").Text("true").Op('o'));
        yield return Call("opcode-newobj.pt", "subprocess.Popen", pickle => pickle.Global("subprocess", "Popen").Op('(').Text("true").Op('t').Bytes(0x81));
        yield return Call("opcode-newobj-ex.pt", "subprocess.Popen", pickle => pickle.Global("subprocess", "Popen").Op(")}").Text("args").Text("true").Op('s').Bytes(0x92));
        yield return Call("opcode-build.pt", "builtins.type", pickle => pickle.Global("builtins", "type").Op(")R}").Text("__setstate__").Global("os", "system").Op("sb"));
        yield return Call("opcode-stack-global.pt", "os.system", pickle => pickle.Text("os").Text("system").Bytes(0x93).Op('(').Text("true").Op("tR"));
        yield return Call("partial-over-a-gadget.pt", "functools.partial", pickle => pickle.Global("functools", "partial").Op('(').Global("os", "system").Text("true").Op("tR"));
        yield return Call("partial-by-its-state.pt", "functools.partial", pickle => pickle.Global("functools", "partial").Op('(').Global("onmt.inputters.text_dataset", "_feature_tokenize").Op("tR(")
            .Global("os", "system").Op(")}Ntb"));
        yield return Call("named-only.pt", "os.system", pickle => pickle.Global("os", "system"));
        yield return Call("result-is-called.pt", "builtins.getattr", pickle => pickle.Global("builtins", "getattr").Op('(').Global("os", "environ").Text("clear").Op("tR)R"));
        yield return Call("pickle-in-a-pickle.pt", "pickle.loads", pickle => pickle.Global("pickle", "loads").Op('(').Counted('B', "cos\nsystem\n(S'true'\ntR."u8).Op("tR"));
        yield return Call("hidden-in-a-key.pt", "os.system", pickle => pickle.Op("}(").Global("os", "system").Int(1).Op('u'));
        yield return Call("popped-again.pt", "os.system", pickle => pickle.Global("os", "system").Op('(').Text("true").Op("tR0N"));
        yield return new Trick("payload-then-broken-opcode.pt", Torch(RawPickle.Of(pickle => pickle.Global("os", "system").Op('(').Text("true").Op("tR").Bytes(0xFF))), "no opcode 0xff", "os.system");
        yield return new Trick("payload-then-cut.pt", Torch(Os()[..^1]), "STOP", "os.system");
        yield return new Trick("payload-in-plain-pickle.pt", "cos\nsystem\n(S'true'\ntR."u8.ToArray(), null, "os.system");
        yield return new Trick("payload-in-front-of-text.pt", "cos\nsystem\n(S'true'\ntRHello, world\n"u8.ToArray(), "text file", "os.system");
        yield return new Trick("payload-in-old-container.pt", new LegacyBuilder { Pickle = Os() }.Build(), null, "os.system");
        yield return new Trick("payload-in-magic-number.pt", new LegacyBuilder { Magic = [.. RawPickle.Of(pickle => pickle.Bytes(0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19).Global("os", "system").Op('(').Text("true").Op("tR0"))] }.Build(), null, "os.system");
        yield return new Trick("payload-in-keys-of-old-container.pt", new LegacyBuilder { Keys = Os() }.Build(), "keys of the storages are no list", "os.system");
        yield return new Trick("payload-in-a-nested-storage.pkl", RawPickle.Of(pickle => pickle.Global("torch.storage", "_load_from_bytes").Op('(').Counted('B', new LegacyBuilder { Pickle = Os() }.Build()).Op("tR")),
            "hold something else", "os.system");
    }

    private static byte[] Os() => RawPickle.Of(pickle => pickle.Global("os", "system").Op('(').Text("true").Op("tR"));

    private static Trick Call(string name, string global, Action<RawPickle> write) => new(name, Torch(RawPickle.Of(write)), Error: null, global);

    private static byte[] Torch(byte[] pickle) => ZipBuilder.Torch(pickle).Build();

    private static string Canonical(string module, string name) => $"{(module == "__builtin__" ? "builtins" : module)}.{name}";
}
