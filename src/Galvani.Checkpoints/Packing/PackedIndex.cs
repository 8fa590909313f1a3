// The index of a .galvani file (docs/formats/galvani.md): magic, version and writer, which every version has, then layout, format and the projections with what is stacked in each.
// Little endian. It holds no offsets: a projection's place is that of its archive entry, and the places of its parts follow from sizes and format.
using System.Buffers.Binary;
using System.Reflection;
using System.Text;
using Galvani.Checkpoints.Containers;
using Galvani.Checkpoints.Pickles;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Packing;

/// <summary>Names and numbers of the format.</summary>
internal static class PackedIndex
{
    /// <summary>The version that is written where a projection has a format that the first one lacks, and read.</summary>
    public const uint Version = 2;

    /// <summary>The first version, which is written where it is enough, and read.</summary>
    public const uint FirstVersion = 1;

    /// <summary>The entry of the index, behind the archive's folder.</summary>
    public const string EntryName = "galvani/index";

    /// <summary>What the entries of projections begin with, behind the archive's folder; a number follows.</summary>
    public const string ProjectionFolder = "galvani/";

    /// <summary>The largest projection: what one mapped span holds.</summary>
    public const long MostProjectionBytes = int.MaxValue;

    /// <summary>The first bytes of the index.</summary>
    public static ReadOnlySpan<byte> Magic => "galvani\n"u8;

    /// <summary>What this release writes as its name.</summary>
    public static string Writer { get; } =
        $"galvani {(typeof(PackedIndex).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0").Split('+')[0]}";

    /// <summary>The bytes of an index.</summary>
    /// <param name="format">How projections are held, but those on which most depends.</param>
    /// <param name="projections">Sizes, formats and parts in the order of their entries.</param>
    public static byte[] Write(ProductFormat format, IReadOnlyList<PackedSize> projections)
    {
        using var stream = new MemoryStream();
        stream.Write(Magic);
        Number(stream, projections.Any(projection => projection.Format == ProductFormat.Int8Quads) ? Version : FirstVersion);
        Text(stream, Writer);
        Number(stream, StoredWeight.Layout);
        Number(stream, (uint)format);
        Number(stream, (uint)projections.Count);
        foreach (var (outputWidth, inputWidth, held, parts) in projections)
        {
            Number(stream, (uint)outputWidth);
            Number(stream, (uint)inputWidth);
            Number(stream, (uint)held);
            Number(stream, (uint)parts.Count);
            foreach (var part in parts)
            {
                Number(stream, (uint)part.RowCount);
                Text(stream, part.ObjectPath);
                Text(stream, part.StorageKey);
            }
        }

        return stream.ToArray();
    }

    private static void Number(Stream stream, uint number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, number);
        stream.Write(bytes);
    }

    private static void Text(Stream stream, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Number(stream, (uint)bytes.Length);
        stream.Write(bytes);
    }
}

/// <summary>A projection as the index has it.</summary>
/// <param name="OutputWidth">N.</param>
/// <param name="InputWidth">K.</param>
/// <param name="Format">How it is held.</param>
/// <param name="Parts">What is stacked in it.</param>
internal sealed record PackedSize(int OutputWidth, int InputWidth, ProductFormat Format, IReadOnlyList<PackedPart> Parts);
