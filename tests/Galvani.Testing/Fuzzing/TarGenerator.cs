using System.Globalization;
using System.Text;

namespace Galvani.Testing.Fuzzing;

/// <summary>Writes torch's tar archives with some field of a header, count, key, size or pickle set to what it is not.</summary>
internal static class TarGenerator
{
    private const int FirstPart = 10;
    private const int FirstTensor = 20;

    // Offset and width of the fields: name, mode, size, checksum, type, link, magic, prefix.
    private static readonly (int At, int Width)[] Fields = [(0, 100), (100, 8), (124, 12), (148, 8), (156, 1), (157, 100), (257, 8), (345, 155)];
    private static readonly string[] Texts = ["../pickle", "pickle", "./storages", "/tmp/x", "0", "00000000777", "77777777777", "-1", "1 ", "9", "", "x", "2", "5", "\u001b[2J", "\u0080\0\0\0\0\0\0\0\0\0\u0010\0", "\u00ff"];
    private static readonly string[] Records = ["23 mtime=1484000000.25\n", "17 path=sys_info\n", "12 size=99\n", "99 mtime=1\n", "9 mtime1\n", "", "22 GNU.sparse.name=a\n", "19 size=8589934592\n", "11 size=-1\n", "21 hdrcharset=BINARY\n12 uname=M\u00fc\n"];
    private static readonly (string Name, int Bytes)[] Types = [("FloatStorage", 4), ("HalfStorage", 2), ("ByteStorage", 1), ("LongStorage", 8), ("StringStorage", 4)];

    /// <summary>An archive without faults: two storages, a part of one, three tensors, times in extended headers.</summary>
    public static byte[] Original() => new TarBuilder()
        .Add("PaxHeader/sys_info", Encoding.UTF8.GetBytes(Records[0]), type: 'x')
        .Add("sys_info", RawPickle.Of(system => system.Op('}')))
        .Add("pickle", RawPickle.Of(tree => tree.Op("](").Text("20").Op('Q').Int(21).Op("QP22\n").Text("1").Op("Qe")))
        .Add("tensors", [.. TarBuilder.Count(3), .. TarBuilder.Tensor(20, 1, [2, 2], [2, 1], 0), .. TarBuilder.Tensor(21, FirstPart, [2], [1], 0), .. TarBuilder.Tensor(22, 2, [], [], 3)])
        .Add("storages", [.. TarBuilder.Count(2), .. TarBuilder.Storage(1, "FloatStorage", 4, new byte[16]), .. TarBuilder.Storage(2, "HalfStorage", 8, new byte[16]), .. Parts(parts => Part(parts, FirstPart, 1, 1, 2))])
        .Build();

    /// <summary>An archive with a few faults, or none.</summary>
    public static byte[] Generate(Random random)
    {
        var (storageCount, partCount, tensorCount) = (random.Next(20) == 0 ? 0 : random.Next(1, 4), random.Next(3), random.Next(5));
        var tar = new TarBuilder
        {
            EndBlocks = random.Next(60) == 0 ? random.Next(5) : 2,
            After = new byte[random.Next(60) == 0 ? random.Next(600) : 0],
            ChangeHeader = (_, header) => ChangeRarely(header, random, every: 60),
            ChangeSummedHeader = (_, header) => ChangeRarely(header, random, every: 200),
        };
        if (random.Next(4) == 0)
            tar.Add("PaxHeader/x", Encoding.UTF8.GetBytes(Records[random.Next(random.Next(6) == 0 ? Records.Length : 1)]), type: 'x');
        tar.Add("sys_info", Mutated(RawPickle.Of(system => system.Op('}')), random));
        tar.Add("pickle", new PickleGenerator(random, storageCount: 1, pickle => Key(pickle, random, storageCount, tensorCount)).Generate());
        tar.Add("tensors", Mutated(Tensors(random, storageCount, partCount, tensorCount), random));
        tar.Add(random.Next(60) == 0 ? "tensors" : "storages", Mutated(Storages(random, storageCount, partCount), random));
        if (random.Next(60) == 0)
            tar.Add(Texts[random.Next(Texts.Length)], [1], (char)random.Next('0', '8'));
        return tar.Build();
    }

    private static byte[] Storages(Random random, int count, int partCount)
    {
        var bytes = new List<byte>(Count(random, count));
        for (var i = 0; i < count; i++)
        {
            var (type, size) = Types[random.Next(random.Next(20) == 0 ? Types.Length : 4)];
            bytes.AddRange(TarBuilder.Storage(random.Next(60) == 0 ? 0 : i, type, random.Next(60) == 0 ? ByteMutator.Extreme(random) : 16 / size, new byte[16]));
        }

        return [.. bytes, .. Parts(parts =>
        {
            for (var i = 0; i < partCount && count > 0; i++)
                Part(parts, FirstPart + i, random.Next(random.Next(20) == 0 ? count + 2 : count), Number(random, random.Next(2)), Number(random, random.Next(2)));
        })];
    }

    private static byte[] Tensors(Random random, int storageCount, int partCount, int count)
    {
        var bytes = new List<byte>(Count(random, count));
        for (var i = 0; i < count; i++)
        {
            var rank = random.Next(4);
            var storage = partCount > 0 && random.Next(4) == 0 ? FirstPart + random.Next(partCount) : random.Next(Math.Max(1, storageCount));
            bytes.AddRange(TarBuilder.Tensor(
                FirstTensor + (random.Next(60) == 0 ? 0 : i), storage, Numbers(random, rank), Numbers(random, rank), Number(random, usual: 0), random.Next(60) == 0 ? (int)ByteMutator.Extreme(random) : null));
        }

        return [.. bytes];
    }

    /// <summary>The key of a tensor or a storage in the object tree, in one of its forms.</summary>
    private static void Key(RawPickle pickle, Random random, int storageCount, int tensorCount)
    {
        var key = tensorCount > 0 && random.Next(4) > 0 ? FirstTensor + random.Next(tensorCount) : random.Next(Math.Max(1, storageCount));
        switch (random.Next(8))
        {
            case 0: pickle.Int(key).Op('Q'); break;
            case 1: pickle.Op(string.Create(CultureInfo.InvariantCulture, $"P{key}\n")); break;
            case 2: pickle.Op('(').Global("__main__", "Net").Text("net.py").Text("class Net").Op("tQ"); break;
            default: pickle.Text(key.ToString(CultureInfo.InvariantCulture)).Op('Q'); break;
        }
    }

    private static byte[] Count(Random random, int count) => TarBuilder.Count(random.Next(60) == 0 ? (int)ByteMutator.Extreme(random) : count);

    private static byte[] Parts(Action<RawPickle> write) => RawPickle.Of(pickle =>
    {
        pickle.Op("](");
        write(pickle);
        pickle.Op('e');
    });

    private static void Part(RawPickle pickle, int key, int storageKey, long first, long count) => pickle.Op('(').Int(key).Int(storageKey).Long(first).Long(count).Op('t');

    private static long[] Numbers(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => Number(random, random.Next(2)))];

    private static long Number(Random random, long usual) => random.Next(80) == 0 ? ByteMutator.Extreme(random) : usual;

    private static byte[] Mutated(byte[] bytes, Random random) => random.Next(20) == 0 ? ByteMutator.Mutate(bytes, random) : bytes;

    private static void ChangeRarely(byte[] header, Random random, int every)
    {
        if (random.Next(every) != 0)
            return;
        var (at, width) = Fields[random.Next(Fields.Length)];
        var text = Encoding.Latin1.GetBytes(Texts[random.Next(Texts.Length)]);
        header.AsSpan(at, width).Clear();
        text.AsSpan(0, Math.Min(width, text.Length)).CopyTo(header.AsSpan(at));
    }
}
