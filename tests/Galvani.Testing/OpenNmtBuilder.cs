using System.Text;

namespace Galvani.Testing;

/// <summary>Builds small OpenNMT-py checkpoints from hand-written pickles: any options, any form of vocabulary, any tensors.</summary>
public sealed class OpenNmtBuilder
{
    private readonly List<(string Name, Action<RawPickle> Value)> options = [];
    private readonly List<(string Name, long[] Shape)> tensors = [];

    /// <summary>Writes the value of <c>vocab</c>; null for none.</summary>
    public Action<RawPickle>? Vocabulary { get; init; }

    /// <summary>Writes the value of <c>optim</c>; null for none.</summary>
    public Action<RawPickle>? Optimizer { get; init; }

    /// <summary>The device that the tensors were on when they were saved.</summary>
    public string Location { get; init; } = "cpu";

    /// <summary>Leaves <c>model</c> and <c>generator</c> out.</summary>
    public bool LacksWeights { get; init; }

    /// <summary>Sets an option to a whole number.</summary>
    public OpenNmtBuilder Option(string name, int value) => Option(name, pickle => pickle.Int(value));

    /// <summary>Sets an option to a text.</summary>
    public OpenNmtBuilder Option(string name, string value) => Option(name, pickle => pickle.Text(value));

    /// <summary>Sets an option.</summary>
    public OpenNmtBuilder Option(string name, Action<RawPickle> value)
    {
        options.Add((name, value));
        return this;
    }

    /// <summary>Adds a tensor of float32 zeros to <c>model</c>.</summary>
    public OpenNmtBuilder Tensor(string name, params long[] shape)
    {
        tensors.Add((name, shape));
        return this;
    }

    /// <summary>The file.</summary>
    public byte[] Build()
    {
        var storages = tensors.Select(tensor => new byte[4 * tensor.Shape.Aggregate(1L, (product, size) => product * size)]).ToArray();
        return ZipBuilder.Torch(RawPickle.Of(Write), storages).Build();
    }

    private void Write(RawPickle pickle)
    {
        pickle.Op("}").Text("opt").Global("argparse", "Namespace").Op(")R}");
        foreach (var (name, value) in options)
        {
            pickle.Text(name);
            value(pickle);
            pickle.Op('s');
        }

        pickle.Op("bs");
        if (Vocabulary is not null)
        {
            pickle.Text("vocab");
            Vocabulary(pickle);
            pickle.Op('s');
        }

        if (Optimizer is not null)
        {
            pickle.Text("optim");
            Optimizer(pickle);
            pickle.Op('s');
        }

        if (LacksWeights)
            return;
        pickle.Text("model").Op('}');
        for (var i = 0; i < tensors.Count; i++)
        {
            var (name, shape) = tensors[i];
            var count = shape.Aggregate(1L, (product, size) => product * size);
            var strides = shape.Select((_, axis) => shape.Skip(axis + 1).Aggregate(1L, (product, size) => product * size)).ToArray();
            pickle.Text(name).Tensor(i.ToString(System.Globalization.CultureInfo.InvariantCulture), count, 0, shape, strides, location: Location).Op('s');
        }

        pickle.Op('s');
    }

    /// <summary>A list of texts.</summary>
    public static void Texts(RawPickle pickle, params string[] texts)
    {
        pickle.Op("](");
        foreach (var text in texts)
            pickle.Text(text);
        pickle.Op('e');
    }

    /// <summary>A torchtext <c>Vocab</c> as releases before 0.8 wrote it, without <c>unk_index</c>; tokens as Python 2's <c>str</c>.</summary>
    public static void Vocab(RawPickle pickle, params string[] tokens)
    {
        pickle.Global("torchtext.vocab", "Vocab").Bytes((byte)')', 0x81).Op('}').Text("itos").Op("](");
        foreach (var token in tokens)
            pickle.Counted('T', Encoding.UTF8.GetBytes(token));
        pickle.Op('e').Op('s').Text("freqs").Global("collections", "Counter").Op("}").Bytes(0x85).Op("Rs").Text("stoi").Op("}s").Op('b');
    }

    /// <summary>A torchtext <c>Field</c> that holds such a vocabulary.</summary>
    public static void Field(RawPickle pickle, params string[] tokens)
    {
        pickle.Global("torchtext.data.field", "Field").Bytes((byte)')', 0x81).Op('}').Text("sequential").Bytes(0x88).Op('s').Text("vocab");
        Vocab(pickle, tokens);
        pickle.Op("sb");
    }
}
