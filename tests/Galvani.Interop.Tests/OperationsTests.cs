using System.Globalization;
using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Writing;
using Galvani.Models.OpenNmt;
using Galvani.Models.OpenNmt.Grafting;

namespace Galvani.Interop.Tests;

/// <summary>What the operations write, against Python's torch and numpy doing the same.</summary>
public sealed class OperationsTests : IDisposable
{
    private static readonly string Base = Repository.Golden("base", "model.pt");
    private static readonly string Training = Repository.Golden("opennmt-v2", "converted-to-v3.pt");

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Every float of the file, and random ones of all exponents, cast by torch and by us: equal bits.</summary>
    [Theory]
    [InlineData(DType.Float16, "half")]
    [InlineData(DType.BFloat16, "bfloat16")]
    [InlineData(DType.Float32, "float")]
    public void Convert_EveryElementType_EqualsTorchsCast(DType type, string method)
    {
        Requirement.Torch();
        PythonScript.Run("""
            import sys, torch
            torch.manual_seed(1)
            bits = torch.randint(-2**31, 2**31 - 1, (1000, 37), dtype=torch.int64).to(torch.int32)
            x = torch.frombuffer(bytearray(bits.numpy().tobytes()), dtype=torch.float32).view(1000, 37)
            torch.save({'model': {'x': x, 'y': x.t(), 'half': x.half(), 'b': x.bfloat16(), 'n': torch.arange(5)}, 'generator': {}, 'vocab': {}, 'opt': None, 'optim': {'z': x.double()}}, sys.argv[1])
            """, folder.File("in.pt"));
        using var checkpoint = OpenNmtCheckpoint.Open(folder.File("in.pt"));
        Convert(checkpoint, "out.pt", new ConversionOptions { ElementType = type });
        var printed = PythonScript.Run("""
            import sys, torch
            a, b = torch.load(sys.argv[1]), torch.load(sys.argv[2])
            for k, t in a['model'].items():
                want = getattr(t, sys.argv[3])() if t.is_floating_point() else t
                got = b['model'][k]
                assert got.dtype == want.dtype and got.shape == want.shape and got.stride() == t.stride(), k
                ok = torch.isnan(got) & torch.isnan(want) if got.is_floating_point() else torch.zeros_like(got, dtype=torch.bool)
                assert bool(((got == want) | ok).all()), k
                assert bool((torch.signbit(got) == torch.signbit(want))[~torch.isnan(want)].all()) if got.is_floating_point() else True, k
            assert b['model']['x'].storage().data_ptr() == b['model']['y'].storage().data_ptr()
            assert b['optim']['z'].dtype == torch.float64
            print('equal')
            """, folder.File("in.pt"), folder.File("out.pt"), method);
        Assert.Equal("equal", printed.Trim());
    }

    /// <summary>A reader of safetensors written here from the format's description, and strict about it.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData(DType.BFloat16)]
    public void Convert_ToSafetensors_IsReadByAnIndependentReaderWithEqualValues(DType? type)
    {
        Requirement.Torch();
        using var checkpoint = OpenNmtCheckpoint.Open(Training);
        Convert(checkpoint, "x.safetensors", new ConversionOptions { ElementType = type });
        var printed = PythonScript.Run("""
            import sys, json, struct, torch
            raw = open(sys.argv[1], 'rb').read()
            n, = struct.unpack('<Q', raw[:8])
            assert n < 100_000_000 and (8 + n) % 8 == 0
            head = raw[8:8 + n].decode('utf-8'); assert head[0] == '{'
            def unique(pairs):
                assert len({k for k, _ in pairs}) == len(pairs); return dict(pairs)
            h = json.loads(head, object_pairs_hook=unique)
            meta = h.pop('__metadata__'); assert meta == {'format': 'pt'}
            types = {'F32': torch.float32, 'BF16': torch.bfloat16, 'I64': torch.int64}
            data, end, tensors = raw[8 + n:], 0, {}
            for name, e in sorted(h.items(), key=lambda i: i[1]['data_offsets']):
                assert set(e) == {'dtype', 'shape', 'data_offsets'}
                a, b = e['data_offsets']; dt = types[e['dtype']]
                size = torch.empty((), dtype=dt).element_size()
                count = 1
                for s in e['shape']: count *= s
                assert a == end and b - a == count * size and (8 + n + a) % size == 0, name
                tensors[name] = torch.frombuffer(bytearray(data[a:b]), dtype=dt).view(e['shape']) if count else torch.empty(e['shape'], dtype=dt)
                end = b
            assert end == len(data)
            c = torch.load(sys.argv[2])
            want = dict(c['model'], **{'generator.' + k.replace('0.', ''): v for k, v in c['generator'].items()})
            assert set(want) == set(tensors), set(want) ^ set(tensors)
            for k in want: assert torch.equal(want[k].to(tensors[k].dtype), tensors[k]), k
            print(len(tensors))
            """, folder.File("x.safetensors"), Training);
        Assert.Equal(checkpoint.Tensors.Count, int.Parse(printed, CultureInfo.InvariantCulture));
    }

    /// <summary>The way of OpenNMT-py's load_safe_state_dict: no weights in the file, those of all BASE.*.safetensors under the names of the modules, tied ones under each.</summary>
    [Fact]
    public void Convert_ToSplitForm_TorchOpensTheOneAndTheOtherHasEveryName()
    {
        Requirement.Torch();
        using var checkpoint = OpenNmtCheckpoint.Open(Base);
        CheckpointConversion.Run(checkpoint, CheckpointDestination.File(folder.File("x.pt")).AsSplit(), cancellationToken: TestContext.Current.CancellationToken);
        var printed = PythonScript.Run("""
            import sys, glob, json, struct, torch
            a, x = torch.load(sys.argv[1]), torch.load(sys.argv[2])
            assert set(a) - set(x) == {'model', 'generator'} and not set(x) - set(a)
            assert vars(x['opt']) == vars(a['opt']) and x['vocab'] == a['vocab']
            files = glob.glob(sys.argv[2][:-3] + '.*.safetensors'); assert len(files) == 1
            raw = open(files[0], 'rb').read()
            n, = struct.unpack('<Q', raw[:8])
            tensors = {}
            for name, e in json.loads(raw[8:8 + n]).items():
                if name != '__metadata__':
                    start, end = e['data_offsets']; assert e['dtype'] == 'F32'
                    tensors[name] = torch.frombuffer(bytearray(raw[8 + n + start:8 + n + end]), dtype=torch.float32).view(e['shape'])
            want = dict(a['model'], **{'generator.' + k: v for k, v in a['generator'].items()})
            assert set(want) == set(tensors), set(want) ^ set(tensors)
            for k in want: assert torch.equal(want[k], tensors[k]), k
            print(len(tensors))
            """, Base, folder.File("x.pt"));
        Assert.Equal(checkpoint.Tensors.Count, int.Parse(printed, CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Convert_ToNpz_IsReadByNumpyWithEqualValues()
    {
        Requirement.Torch();
        using var checkpoint = OpenNmtCheckpoint.Open(Base);
        Convert(checkpoint, "x.npz", new ConversionOptions { ElementType = DType.Float16 });
        var printed = PythonScript.Run("""
            import sys, numpy, torch, zipfile
            assert zipfile.ZipFile(sys.argv[1]).testzip() is None
            z = numpy.load(sys.argv[1]); c = torch.load(sys.argv[2])
            want = dict(c['model'], **{'generator.' + k: v for k, v in c['generator'].items()})
            assert set(want) == set(z.files)
            for k in want: assert z[k].dtype == numpy.float16 and numpy.array_equal(z[k], want[k].half().numpy()), k
            print(len(z.files))
            """, folder.File("x.npz"), Base);
        Assert.Equal(checkpoint.Tensors.Count, int.Parse(printed, CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Average_ThreeModelsWithSharedTensors_EqualsTorchsInDoublePrecision()
    {
        Requirement.Torch();
        PythonScript.Run("""
            import sys, torch
            for i, path in enumerate(sys.argv[2:]):
                torch.manual_seed(i)
                c = torch.load(sys.argv[1]); seen = set()
                for part in (c['model'], c['generator']):
                    for t in part.values():
                        if t.data_ptr() not in seen:
                            seen.add(t.data_ptr()); t += torch.randn(t.shape)
                torch.save(c, path)
            """, Training, folder.File("a.pt"), folder.File("b.pt"), folder.File("c.pt"));
        using var a = OpenNmtCheckpoint.Open(folder.File("a.pt"));
        using var b = OpenNmtCheckpoint.Open(folder.File("b.pt"));
        using var c = OpenNmtCheckpoint.Open(folder.File("c.pt"));
        CheckpointAverage.Run([a, b, c], CheckpointDestination.File(folder.File("x.pt")), new AveragingOptions { Weights = [1, 2, 4] }, cancellationToken: TestContext.Current.CancellationToken);
        var printed = PythonScript.Run("""
            import sys, torch
            x, *files = [torch.load(p) for p in sys.argv[1:]]
            for part in ('model', 'generator'):
                for k, t in x[part].items():
                    want = sum(w * f[part][k].double() for w, f in zip((1, 2, 4), files)) / 7
                    assert torch.equal(t, want.float()), k
            m = x['model']
            names = [k for k in m if 'emb_luts.0' in k]
            assert len(names) == 2 and len({m[k].data_ptr() for k in names} | {x['generator']['0.weight'].data_ptr()}) == 1
            assert x['optim'] is None and x['vocab']['src'] == files[0]['vocab']['src'] and x['opt'] == files[0]['opt']
            print('equal')
            """, folder.File("x.pt"), folder.File("a.pt"), folder.File("b.pt"), folder.File("c.pt"));
        Assert.Equal("equal", printed.Trim());
    }

    /// <summary>Modules in the manner of OpenNMT-py's LoRA: factors lora_A and lora_B beside the weight; what they compute unmerged is what the merged weights give.</summary>
    [Fact]
    public void MergeLora_LinearAndEmbedding_EqualsTorchs()
    {
        Requirement.Torch();
        PythonScript.Run("""
            import sys, torch, argparse
            torch.manual_seed(3)
            c = torch.load(sys.argv[1]); r = 4; lora = {}
            for k, w in c['model'].items():
                if 'linear_values.weight' in k or 'w_1.weight' in k:
                    lora[k[:-6] + 'lora_A'] = torch.randn(r, w.shape[1]); lora[k[:-6] + 'lora_B'] = torch.randn(w.shape[0], r)
                if k == 'encoder.embeddings.make_embedding.emb_luts.0.weight':
                    lora[k[:-6] + 'lora_A'] = torch.randn(r, w.shape[0]); lora[k[:-6] + 'lora_B'] = torch.randn(w.shape[1], r)
            opt = argparse.Namespace(lora_layers=['linear_values'], lora_embedding=True, lora_rank=r, lora_alpha=6, lora_dropout=0.0)
            torch.save({'model': lora, 'generator': None, 'vocab': c['vocab'], 'opt': opt, 'optim': {}}, sys.argv[2])
            """, Training, folder.File("lora.pt"));
        using var model = OpenNmtCheckpoint.Open(Training);
        using var lora = OpenNmtCheckpoint.Open(folder.File("lora.pt"));
        var report = LowRankMerge.Run(model, lora, CheckpointDestination.File(folder.File("x.pt")), cancellationToken: TestContext.Current.CancellationToken);
        var printed = PythonScript.Run("""
            import sys, torch
            base, lora, x = [torch.load(p) for p in sys.argv[1:]]
            scale, merged = 6 / 4, 0
            for k, w in base['model'].items():
                a, b = (lora['model'].get(k[:-6] + 'lora_' + f) for f in 'AB')
                want = w.double()
                if a is not None:
                    delta = (b.double() @ a.double()) * scale
                    want = want + (delta.T if 'emb_luts' in k else delta); merged += 1
                # double sums may be rounded in another order: one float32 unit at most
                got = x['model'][k]
                assert got.dtype == w.dtype and torch.all((got.double() - want).abs() <= want.abs() * 2**-24 + 1e-12), k
            # the embedding as OpenNMT-py's module computes it while training
            k = 'encoder.embeddings.make_embedding.emb_luts.0.'
            ids = torch.tensor([0, 5, 9])
            live = base['model'][k + 'weight'][ids].double() + (lora['model'][k + 'lora_A'].T[ids].double() @ lora['model'][k + 'lora_B'].T.double()) * scale
            assert torch.allclose(x['model'][k + 'weight'][ids].double(), live, rtol=1e-6, atol=1e-6)
            assert not torch.equal(x['model'][k + 'weight'], x['model']['decoder.embeddings.make_embedding.emb_luts.0.weight'])
            assert x['opt'].share_embeddings is False and x['opt'].share_decoder_embeddings is True
            print(merged)
            """, Training, folder.File("lora.pt"), folder.File("x.pt"));
        Assert.Equal(report.Merged.Count, int.Parse(printed, CultureInfo.InvariantCulture));
        Assert.Equal(4 + 2 + 4 + 1, report.Merged.Count); // values of 2 encoder layers and twice of 2 decoder layers, w_1 of 4 layers, one embedding
    }

    [Fact]
    public void Graft_LayersAndTokens_TorchOpensItWithEqualValues()
    {
        Requirement.Torch();
        using var model = OpenNmtCheckpoint.Open(Training);
        File.WriteAllLines(folder.File("tokens.txt"), model.Vocabularies!.Target!.Skip(4).Take(100));
        ModelGraft.Run(model, CheckpointDestination.File(folder.File("x.pt")), new GraftOptions
        {
            BaseLayers = [new LayerRange(ModelSide.Encoder, [1, 0, 0])], KeptTokens = TokenList.Read(folder.File("tokens.txt")),
        }, cancellationToken: TestContext.Current.CancellationToken);
        var printed = PythonScript.Run("""
            import sys, torch
            a, x = torch.load(sys.argv[1]), torch.load(sys.argv[2])
            assert x['vocab']['src'] == a['vocab']['src'][:104] and x['vocab']['data_task'] == a['vocab']['data_task']
            assert (x['opt'].enc_layers, x['opt'].dec_layers, x['opt'].layers, x['opt'].src_vocab_size) == (3, 2, -1, 104)
            e = 'encoder.embeddings.make_embedding.emb_luts.0.weight'
            assert torch.equal(x['model'][e], a['model'][e][:104]) and torch.equal(x['generator']['0.bias'], a['generator']['0.bias'][:104])
            assert x['model'][e].data_ptr() == x['generator']['0.weight'].data_ptr()
            for k, t in a['model'].items():
                if k.startswith('encoder.transformer.0.'):
                    rest = k[len('encoder.transformer.0.'):]
                    one, two = (x['model'][f'encoder.transformer.{i}.{rest}'] for i in (1, 2))
                    assert torch.equal(one, t) and torch.equal(two, t) and one.data_ptr() != two.data_ptr()
                    assert torch.equal(x['model'][f'encoder.transformer.0.{rest}'], a['model'][f'encoder.transformer.1.{rest}'])
            print('equal')
            """, Training, folder.File("x.pt"));
        Assert.Equal("equal", printed.Trim());
    }

    /// <summary>The study's last step: the parts that were used, in a file of their own, with their numbers, the vocabulary, the options and the mark.</summary>
    [Theory]
    [InlineData(null, 5000)]
    [InlineData(384, 384)]
    public void Extract_Embeddings_TorchOpensItWithEqualValues(int? positionCount, int rows)
    {
        Requirement.Torch();
        using (var checkpoint = OpenNmtCheckpoint.Open(Repository.Sample("model.pt")))
        {
            var content = PartExtraction.Build(checkpoint, PartExtraction.TensorsOf(checkpoint, "embeddings"), "embeddings", positionCount, name => name, out _);
            CheckpointFile.Write(CheckpointDestination.File(folder.File("small.pt")), content, cancellationToken: TestContext.Current.CancellationToken);
        }

        var printed = PythonScript.Run("""
            import sys, torch
            a, x, rows = torch.load(sys.argv[1]), torch.load(sys.argv[2]), int(sys.argv[3])
            e, p = 'encoder.embeddings.make_embedding.emb_luts.0.weight', 'encoder.embeddings.make_embedding.pe.pe'
            assert list(x) == ['vocab', 'opt', 'model', 'generator', 'optim', 'galvani'] and list(x['model']) == [e, p]
            assert torch.equal(x['model'][e], a['model'][e]) and torch.equal(x['model'][p], a['model'][p][:rows]) and x['model'][p].shape == (rows, 1, 256)
            assert len(x['model'][p].storage()) == rows * 256
            assert x['vocab'] == a['vocab'] and vars(x['opt']) == vars(a['opt']) and x['optim'] is None and len(x['generator']) == 0
            assert x['galvani'] == {'part': 'embeddings', 'source': 'model.pt', 'format': 1}
            print('equal')
            """, Repository.Sample("model.pt"), folder.File("small.pt"), rows.ToString(CultureInfo.InvariantCulture));
        Assert.Equal("equal", printed.Trim());
    }

    private void Convert(OpenNmtCheckpoint checkpoint, string name, ConversionOptions options) =>
        CheckpointConversion.Run(checkpoint, CheckpointDestination.File(folder.File(name)), options, cancellationToken: TestContext.Current.CancellationToken);
}
