using System.Buffers.Binary;
using System.Text;

namespace Galvani.Testing;

/// <summary>A tensor of a projection as the index of a <c>.galvani</c> file has it.</summary>
/// <param name="RowCount">Its rows.</param>
/// <param name="ObjectPath">Where it stands.</param>
/// <param name="StorageKey">The storage that it stands for.</param>
public sealed record PackedPartEntry(long RowCount, string ObjectPath, string StorageKey);

/// <summary>Builds <c>.galvani</c> files of one projection byte by byte, by the format's documentation alone; every number can be set to something else.</summary>
public sealed class PackedBuilder
{
    /// <summary>The outputs of the projection as it is.</summary>
    public const int OutputCount = 2;

    /// <summary>The inputs of the projection as it is.</summary>
    public const int InputCount = 3;

    /// <summary>The first bytes of the index.</summary>
    public byte[] Magic { get; set; } = "galvani\n"u8.ToArray();

    /// <summary>The version of the format.</summary>
    public long Version { get; set; } = 1;

    /// <summary>The release that wrote the file.</summary>
    public byte[] Writer { get; set; } = "galvani 0.0.1"u8.ToArray();

    /// <summary>The layout of weights.</summary>
    public long Layout { get; set; } = 1;

    /// <summary>0: single precision, 1: 8 bits, 2: 8 bits, more exact; of a projection 3: 8 bits, in quads.</summary>
    public long Format { get; set; }

    /// <summary>The projection's own format; null for that of the file.</summary>
    public long? ProjectionFormat { get; set; }

    /// <summary>The projections that the index announces.</summary>
    public long ProjectionCount { get; set; } = 1;

    /// <summary>The outputs that the index announces.</summary>
    public long Outputs { get; set; } = OutputCount;

    /// <summary>The inputs that the index announces.</summary>
    public long Inputs { get; set; } = InputCount;

    /// <summary>The tensors that the index announces; null for as many as there are.</summary>
    public long? PartCount { get; set; }

    /// <summary>The stacked tensors.</summary>
    public IReadOnlyList<PackedPartEntry> Parts { get; set; } = [new(OutputCount, "/w", "0")];

    /// <summary>Changes the bytes of the index.</summary>
    public Func<byte[], byte[]>? ChangeIndex { get; set; }

    /// <summary>The bytes of the projection; null for those of its format: the weights 1 to 6 in single precision, 63 or 127 steps of their sizes in 8 bits.</summary>
    public byte[]? Projection { get; set; }

    /// <summary>What the projection's first byte is a multiple of.</summary>
    public int Alignment { get; set; } = 64;

    /// <summary>Compresses the projection.</summary>
    public bool IsDeflated { get; set; }

    /// <summary>The name of the projection's entry.</summary>
    public string EntryName { get; set; } = "archive/galvani/0";

    /// <summary>The bytes of an entry of its own for storage 0; null for none.</summary>
    public byte[]? Storage { get; set; }

    /// <summary>Writes the tensor <c>w</c>; null for the one that is packed.</summary>
    public Action<RawPickle>? Tensor { get; set; }

    /// <summary>The file.</summary>
    public byte[] Build()
    {
        var pickle = RawPickle.Of(raw =>
        {
            raw.Op('}').Text("w");
            if (Tensor is null)
                raw.Tensor("0", OutputCount * InputCount, 0, [OutputCount, InputCount], [InputCount, 1]);
            else
                Tensor(raw);
            raw.Op('s');
        });
        var zip = new ZipBuilder().Add("archive/data.pkl", pickle).Add("archive/galvani/index", Index()).Add("archive/version", "3\n"u8.ToArray());
        if (Storage is not null)
            zip.Add("archive/data/0", Storage);
        var projection = Projection ?? ProjectionOf(ProjectionFormat ?? Format);
        return (IsDeflated ? zip.AddDeflated(EntryName, projection) : zip.AddAligned(EntryName, projection, Alignment)).Build();
    }

    /// <summary>The bytes of the projection in a format.</summary>
    public static byte[] ProjectionOf(long format)
    {
        var bytes = new byte[format == 2 ? 128 : 192];
        for (var output = 0; output < OutputCount; output++)
        {
            var largest = format is 1 or 3 ? 63 : 127;
            for (var input = 0; input < InputCount; input++)
            {
                var weight = output * InputCount + input + 1;
                var integer = (sbyte)Math.Round(weight * largest / (3.0 * (output + 1)));
                if (format is 1 or 3)
                    bytes[output * 4 + input] = (byte)integer;
                else if (format == 2)
                    bytes[input / 2 * 32 + output * 2 + input % 2] = (byte)integer;
                else
                    BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(4 * (input * 16 + output)), weight);
            }

            if (format is 1 or 2 or 3)
                BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(64 + 4 * output), 3f * (output + 1) / largest);
        }

        return bytes;
    }

    private byte[] Index()
    {
        var bytes = new List<byte>(Magic);
        Number(Version);
        Bytes(Writer);
        Number(Layout);
        Number(Format);
        Number(ProjectionCount);
        Number(Outputs);
        Number(Inputs);
        Number(ProjectionFormat ?? Format);
        Number(PartCount ?? Parts.Count);
        foreach (var part in Parts)
        {
            Number(part.RowCount);
            Bytes(Encoding.UTF8.GetBytes(part.ObjectPath));
            Bytes(Encoding.UTF8.GetBytes(part.StorageKey));
        }

        return ChangeIndex?.Invoke([.. bytes]) ?? [.. bytes];

        void Number(long number)
        {
            Span<byte> four = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(four, unchecked((uint)number));
            bytes.AddRange(four);
        }

        void Bytes(byte[] text)
        {
            Number(text.Length);
            bytes.AddRange(text);
        }
    }
}
