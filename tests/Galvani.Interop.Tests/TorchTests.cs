using Galvani.Checkpoints;
using Galvani.Checkpoints.Numpy;
using Galvani.Checkpoints.Writing;

namespace Galvani.Interop.Tests;

/// <summary>Python's torch and numpy open what is written here, with equal values.</summary>
public sealed class TorchTests
{
    private const string Compare = """
        import sys, torch, argparse, collections
        a, b = (torch.load(p, map_location='cpu') for p in sys.argv[1:3])
        count = 0
        storages = ({}, {})
        def same(x, y, path):
            global count
            assert type(x) is type(y), (path, type(x), type(y))
            if isinstance(x, torch.Tensor):
                assert x.dtype == y.dtype and x.shape == y.shape and x.stride() == y.stride() and x.requires_grad == y.requires_grad, path
                assert torch.equal(torch.view_as_real(x) if x.is_complex() else x, torch.view_as_real(y) if y.is_complex() else y) or torch.equal(torch.isnan(x), torch.isnan(y)), path
                ids = [s.setdefault(t.storage().data_ptr(), len(s)) for s, t in zip(storages, (x, y))]
                assert ids[0] == ids[1], path
                count += 1
            elif isinstance(x, dict):
                assert list(x) == list(y), path
                for k in x: same(x[k], y[k], f'{path}/{k}')
                if hasattr(x, '__dict__'): same(vars(x), vars(y), path + '@')
            elif isinstance(x, (list, tuple)):
                assert len(x) == len(y), path
                for i, (u, v) in enumerate(zip(x, y)): same(u, v, f'{path}/{i}')
            elif isinstance(x, argparse.Namespace):
                same(vars(x), vars(y), path)
            else:
                assert x == y or x != x, path
        same(a, b, '')
        print(count)
        """;

    private const string WriteTar = """
        import sys, tarfile, io, pickle, struct, collections, torch
        path, protocol = sys.argv[1], int(sys.argv[2])
        class Key:
            def __init__(self, key): self.key = key
        class Pickler(pickle._Pickler):
            def persistent_id(self, value): return str(value.key) if isinstance(value, Key) else None
        def dump(value):
            output = io.BytesIO()
            Pickler(output, protocol=protocol).dump(value)
            return output.getvalue()
        def tensor(key, storage, kind, shape, stride, offset):
            return dump((key, storage, kind)) + struct.pack('<ii', len(shape), 0) + struct.pack(f'<{2 * len(shape)}q', *shape, *stride) + struct.pack('<q', offset)
        storages = dump(2) + dump((71, 'cpu', torch.FloatStorage)) + struct.pack('<q6f', 6, *range(6)) + dump((72, 'cpu', torch.LongStorage)) + struct.pack('<q2q', 2, -1, 2 ** 40) + dump([(73, 71, 2, 4)])
        tensors = dump(3) + tensor(1, 71, torch.FloatTensor, [2, 3], [3, 1], 0) + tensor(2, 73, torch.FloatTensor, [2], [2], 1) + tensor(3, 72, torch.LongTensor, [2, 1], [1, 2], 0)
        tree = dump(collections.OrderedDict([('w', Key(1)), ('shared', Key(1)), ('part', Key(2)), ('turned', Key(3))]))
        with tarfile.open(path, 'w:', format=tarfile.PAX_FORMAT) as tar:
            for name, content in (('sys_info', dump({'protocol_version': 1000, 'little_endian': True})), ('pickle', tree), ('tensors', tensors), ('storages', storages)):
                entry = tarfile.TarInfo(name)
                entry.size, entry.mtime = len(content), 1484000000.25
                tar.addfile(entry, io.BytesIO(content))
        """;

    public static TheoryData<string> Files =>
    [
        .. new[] { "state-dict", "dtypes", "layouts" }.Select(name => Repository.Golden("containers", name + ".pt")),
        Repository.Golden("base", "model.pt"), Repository.Golden("relative-t5", "model.pt"), Repository.Sample("model.pt"),
    ];

    [Theory]
    [MemberData(nameof(Files))]
    public void TorchLoad_WhatWasReadAndWritten_IsEqual(string path)
    {
        Requirement.Torch();
        using var folder = new TemporaryFolder();
        using var checkpoint = Checkpoint.Open(path);
        CheckpointWriter.Write(folder.File("copy.pt"), checkpoint.Root, cancellationToken: TestContext.Current.CancellationToken);
        var count = int.Parse(PythonScript.Run(Compare, path, folder.File("copy.pt")), System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(checkpoint.Tensors.Count, count);
    }

    /// <summary>A tar archive as torch before 0.1.10 wrote it, with Python's own tarfile: what torch loads is what is read, and what is written from it.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public void Open_TarArchive_IsWhatTorchLoads(int protocol)
    {
        Requirement.Torch();
        using var folder = new TemporaryFolder();
        PythonScript.Run(WriteTar, folder.File("old.pt"), protocol.ToString(System.Globalization.CultureInfo.InvariantCulture));
        using var checkpoint = Checkpoint.Open(folder.File("old.pt"));
        Assert.Equal(["/w", "/shared", "/part", "/turned"], checkpoint.Tensors.Select(tensor => tensor.ObjectPath));
        Assert.Same(checkpoint.Tensors[0].View, checkpoint.Tensors[1].View);
        CheckpointWriter.Write(folder.File("copy.pt"), checkpoint.Root, cancellationToken: TestContext.Current.CancellationToken);
        PythonScript.Run("""
            import sys, torch
            a, b = (torch.load(p) for p in sys.argv[1:3])
            assert list(a) == list(b)
            for k in a: assert torch.equal(a[k], b[k]) and a[k].dtype == b[k].dtype and a[k].stride() == b[k].stride(), k
            """, folder.File("old.pt"), folder.File("copy.pt"));
    }

    [Theory]
    [InlineData("pickle.dump(state, open(path, 'wb'), protocol=2)")]
    [InlineData("pickle.dump(state, open(path, 'wb'), protocol=4)")]
    [InlineData("pickle.dump(state, open(path, 'wb'), protocol=5)")]
    [InlineData("torch.save(state, path, _use_new_zipfile_serialization=False)")]
    [InlineData("torch.save(state, path, _use_new_zipfile_serialization=False, pickle_protocol=1)")]
    [InlineData("torch.save(state, path, _use_new_zipfile_serialization=False, pickle_protocol=4)")]
    [InlineData("torch.save(state, path)")]
    [InlineData("numpy.savez(path, **{k: v.numpy() for k, v in state.items()}); os.rename(path + '.npz', path)")]
    [InlineData("numpy.savez_compressed(path, **{k: v.numpy() for k, v in state.items()}); os.rename(path + '.npz', path)")]
    public void Open_WhatPythonWrites_IsEqual(string write)
    {
        Requirement.Torch();
        using var folder = new TemporaryFolder();
        PythonScript.Run($$"""
            import sys, os, pickle, torch, numpy
            path = sys.argv[1]
            state = {f'{i}.{d}': (torch.arange(6) - i).reshape(2, 3).to(d) for i, d in enumerate([torch.float32, torch.float64, torch.float16, torch.int64, torch.int8, torch.bool])}
            state['turned'] = torch.arange(6.0).reshape(2, 3).t()
            state['part'] = torch.arange(10.0)[3:7]
            state['none'] = torch.zeros(0, 4)
            {{write}}
            """, folder.File("x"));
        using var checkpoint = Checkpoint.Open(folder.File("x"));
        Assert.Equal(9, checkpoint.Tensors.Count);
        Assert.Empty(checkpoint.Findings);
        for (var i = 0; i < 6; i++)
        {
            float[] expected = i == 5 ? [1, 1, 1, 1, 1, 0] : [.. Enumerable.Range(0, 6).Select(value => (float)(value - i))];
            Assert.Equal(expected, checkpoint.Tensors[i].View.ToSingles());
        }

        Assert.Equal([0f, 3, 1, 4, 2, 5], checkpoint.Tensors[6].View.ToSingles());
        Assert.Equal([3f, 4, 5, 6], checkpoint.Tensors[7].View.ToSingles());
        Assert.Equal([0L, 4], checkpoint.Tensors[8].View.Shape);
    }

    [Theory]
    [InlineData("torch.save(m, path)")]
    [InlineData("torch.save(m, path, _use_new_zipfile_serialization=False)")]
    [InlineData("pickle.dump(m, open(path, 'wb'))")]
    public void StateDictionary_ModuleSavedWhole_EqualsItsStateDict(string write)
    {
        Requirement.Torch();
        using var folder = new TemporaryFolder();
        var printed = PythonScript.Run($$"""
            import sys, pickle, torch
            path = sys.argv[1]
            inner = torch.nn.Sequential(torch.nn.LayerNorm(3), torch.nn.Embedding(2, 3))
            m = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3), inner, inner)
            m.register_buffer('passing', torch.zeros(1), persistent=False)
            m.register_buffer('kept', torch.ones(2))
            {{write}}
            for name, tensor in m.state_dict().items(): print(name, *[repr(float(x)) for x in tensor.flatten()])
            """, folder.File("x"));
        using var checkpoint = Checkpoint.Open(folder.File("x"));
        var lines = printed.Trim().Split('\n').Select(line => line.Split(' ')).ToList();
        var found = SavedModule.StateDictionary(checkpoint.Root);
        Assert.Equal(lines.Select(line => line[0]), found.Select(tensor => tensor.Key));
        for (var i = 0; i < lines.Count; i++)
            Assert.Equal(lines[i][1..].Select(number => (float)double.Parse(number, System.Globalization.CultureInfo.InvariantCulture)), found[i].Value.View.ToSingles());
    }

    [Fact]
    public void NumpyLoad_WhatIsWritten_IsEqual()
    {
        Requirement.Torch();
        using var folder = new TemporaryFolder();
        NpzFile.Write(folder.File("x.npz"), [new("a.b", NumpyArray.Create([1.5f, -2, 3, 4, 5, 6], 3, 2)), new("ids", NumpyArray.Create([7L], 1))]);
        NpyFile.Write(folder.File("x.npy"), NumpyArray.Create([0.1f], 1, 1));
        var printed = PythonScript.Run("""
            import sys, numpy
            z = numpy.load(sys.argv[1]); a = numpy.load(sys.argv[2])
            print(z['a.b'].tolist(), z['a.b'].dtype, z['ids'].tolist(), z['ids'].dtype, a.shape, a.dtype)
            """, folder.File("x.npz"), folder.File("x.npy"));
        Assert.Equal("[[1.5, -2.0], [3.0, 4.0], [5.0, 6.0]] float32 [7] int64 (1, 1) float32", printed.Trim());
    }

    [Fact]
    public void Read_WhatNumpyWrites_IsEqualForEveryType()
    {
        Requirement.Torch();
        using var folder = new TemporaryFolder();
        PythonScript.Run("""
            import sys, numpy
            types = ['f2', 'f4', 'f8', 'i1', 'i2', 'i4', 'i8', 'u1', 'u2', 'u4', 'u8', '>f4', '>i8', '?']
            arrays = {f'{i}.{t}': numpy.arange(6).reshape(2, 3).astype(t) for i, t in enumerate(types)}
            arrays['fortran'] = numpy.asfortranarray(numpy.arange(24.0).reshape(2, 3, 4))
            numpy.savez(sys.argv[1], **arrays)
            """, folder.File("x.npz"));
        var arrays = NpzFile.Read(folder.File("x.npz"));
        Assert.Equal(15, arrays.Count);
        foreach (var (name, array) in arrays)
        {
            double[] expected = name == "fortran" ? [.. Enumerable.Range(0, 24).Select(i => (double)i)] : name.EndsWith('?') ? [0, 1, 1, 1, 1, 1] : [0, 1, 2, 3, 4, 5];
            Assert.Equal(expected, array.ToDoubles());
        }
    }
}
