namespace Galvani.Testing.Fuzzing;

/// <summary>Changes a protobuf message field by field: fields dropped, doubled, moved, renamed, cut, their lengths made to lie.</summary>
internal static class ProtobufMutator
{
    public static byte[] Mutate(byte[] message, Random random)
    {
        var fields = Split(message);
        for (var change = random.Next(1, 5); change > 0 && fields.Count > 1; change--)
        {
            var at = random.Next(fields.Count);
            switch (random.Next(6))
            {
                case 0: fields.RemoveAt(at); break;
                case 1: fields.Insert(random.Next(fields.Count), fields[at]); break;
                case 2: fields[at] = [(byte)random.Next(256), .. fields[at][1..]]; break;
                case 3: fields[at] = fields[at][..random.Next(fields[at].Length)]; break;
                case 4: fields[at] = ByteMutator.Mutate([.. fields[at]], random); break;
                default: (fields[at], fields[0]) = (fields[0], fields[at]); break;
            }
        }

        return [.. fields.SelectMany(field => field)];
    }

    /// <summary>The fields of the outermost message, each with its tag; all of a model's are length-delimited.</summary>
    private static List<byte[]> Split(byte[] message)
    {
        var fields = new List<byte[]>();
        var position = 0;
        while (position < message.Length)
        {
            var start = position++;
            int length = 0, shift = 0;
            do
                length |= (message[position] & 0x7F) << shift;
            while ((message[position++] & 0x80) != 0 && (shift += 7) < 28);
            position = Math.Min(message.Length, position + length);
            fields.Add(message[start..position]);
        }

        return fields;
    }
}
